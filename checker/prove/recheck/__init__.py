"""A second opinion on every proof: another engine looks at what was proved, and what contradicts it is DISAGREE."""
