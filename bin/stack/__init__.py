"""What the commands in bin/ share: setting up, starting and operating the stack on one machine."""
