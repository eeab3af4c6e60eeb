"""The page on which a manager, or a helpdesk, has a pass made for a new hire and sees it once."""
