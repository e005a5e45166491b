"""One refresh: fetch from sources and resolvers, isolate their failures, write what changed."""
