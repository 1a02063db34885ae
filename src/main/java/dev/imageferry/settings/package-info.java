/**
 * What may be set, and the look at it before anything starts: {@link dev.imageferry.settings.KnownSettings} is the one list of keys,
 * {@link dev.imageferry.settings.StartSettings} the check whose every refusal is one line. The features read their own settings by
 * {@code @ConfigMapping} beside them.
 */
@NullMarked
package dev.imageferry.settings;

import org.jspecify.annotations.NullMarked;
