"""Two tenants that cannot see each other: canaries in every layer, generated calls, planted leaks."""
