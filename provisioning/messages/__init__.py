"""What people are told: newcomers, their managers and the helpdesk. The people role plans it here and sends it."""
