"""A team's registry: one table of operations, rendered as HTTP, as MCP and as pages.

`operations` is the table; `shapes` and `results` are what its answers look like, `parameters`
what it takes. All of it needs the extra `server`, or `mcp`, except the table itself.
"""
