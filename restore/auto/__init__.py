"""Looks at each photo, and does only what helps: findings, rules, and a pipeline of the steps they ask for."""
