package dev.imageferry.web;

import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Uses a window of 8 seconds instead of 30. */
@Alternative
@Singleton
class QuickReceivers extends Receivers {
    QuickReceivers() {
        super(Duration.ofSeconds(8));
    }
}
