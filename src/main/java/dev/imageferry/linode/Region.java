package dev.imageferry.linode;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A region in Linode's listing. A null field is unknown.
 *
 * @param id such as {@code us-ord}
 * @param siteTypeOrNull such as {@code core} or {@code distributed}
 * @param capabilitiesOrNull such as {@code Object Storage}
 */
public record Region(
        String id,
        @Nullable String siteTypeOrNull,
        @Nullable List<String> capabilitiesOrNull) {}
