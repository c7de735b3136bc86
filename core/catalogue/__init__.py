"""What is declared, each once: objectives, optimizers and what wraps them, schedules, events."""
