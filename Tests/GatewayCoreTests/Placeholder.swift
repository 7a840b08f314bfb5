// Placeholder until its first test lands.
