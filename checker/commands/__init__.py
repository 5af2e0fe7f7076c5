"""The verbs of the command, one module each: ``configure(parser)`` declares its options, ``run(options)`` does it."""
