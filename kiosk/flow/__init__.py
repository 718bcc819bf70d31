"""What the kiosk does, as a pure state machine: `step(state, event, now_s)`."""
