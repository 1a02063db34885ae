package dev.imageferry.linode;

import java.time.Duration;

/**
 * The answer to a poll.
 *
 * @param age how long ago Linode was asked; zero if it was asked for this poll
 */
public record Polled(Answer<RemoteImage> answer, Duration age) {}
