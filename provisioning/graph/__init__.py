"""The only way to Microsoft Graph. Speaks in ids, never in names."""
