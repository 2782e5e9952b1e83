"""Other projects' models beside ours: equal results, time and memory."""
