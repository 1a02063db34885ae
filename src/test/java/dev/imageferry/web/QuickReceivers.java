package dev.imageferry.web;

import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Judges senders after a few seconds already. */
@Alternative
@Singleton
class QuickReceivers extends Receivers {
    QuickReceivers() {
        super(Duration.ofSeconds(8));
    }
}
