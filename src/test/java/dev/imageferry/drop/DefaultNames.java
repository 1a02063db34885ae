package dev.imageferry.drop;

import java.util.List;

/** The names of images with default settings. */
public final class DefaultNames {
    public static final ImageNames NAMES = new ImageNames(List.of(ImageNames.DEFAULT_ENDINGS.split(",")), false);

    private DefaultNames() {}
}
