package dev.imageferry.queue;

import dev.imageferry.job.UploadUrl;
import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;
import org.jspecify.annotations.Nullable;

/** Converts the column {@code upload_url}. Hibernate logs the values of an entity, and {@link UploadUrl} hides its own. */
@Converter
final class UploadUrlColumn implements AttributeConverter<UploadUrl, String> {
    @Override
    public @Nullable String convertToDatabaseColumn(@Nullable UploadUrl url) {
        return url == null ? null : url.value();
    }

    @Override
    public @Nullable UploadUrl convertToEntityAttribute(@Nullable String column) {
        return column == null ? null : new UploadUrl(column);
    }
}
