"""The server: one table of operations, exposed as HTTP routes, MCP tools and web pages.

`operations` is the table; `parameters` are its inputs, `responses_schema` and `json_types` its
outputs. Everything but the table needs the extra `server` or `mcp`.
"""
