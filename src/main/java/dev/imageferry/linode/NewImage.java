package dev.imageferry.linode;

import java.util.List;

/**
 * The properties of an image to create, with Linode's limits.
 *
 * @param label 1–50 characters
 * @param region a core region
 * @param description up to 65,000 characters; can be empty
 * @param tags each 3–100 characters
 */
public record NewImage(String label, String region, String description, boolean cloudInit, List<String> tags) {
    public NewImage {
        tags = List.copyOf(tags);
    }
}
