"""The passes role: makes Temporary Access Passes and nothing else. It answers no request and trusts its own reads."""
