"""The storage account: queues between the roles, and the tables all of them share."""
