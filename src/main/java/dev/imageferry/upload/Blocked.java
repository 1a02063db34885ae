package dev.imageferry.upload;

import java.time.Instant;

/** A closed gate, as {@code GET /summary} shows it. */
public record Blocked(String gate, String reason, Instant since) {}
