package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.queue.HistoryEntry;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.jspecify.annotations.Nullable;

/** Marks every field of the answers as required in the OpenAPI document, and {@code @Nullable} ones as nullable. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class NullableFields implements OASFilter {
    private static final List<Class<?>> ANSWERS = List.of(
            JobPage.class,
            HistoryEntry.class,
            QueueView.Summary.class,
            QueueView.DropFile.class,
            QueueView.Family.class);

    @Override
    public void filterOpenAPI(OpenAPI document) {
        Set<Class<?>> records = new LinkedHashSet<>();
        ANSWERS.forEach(answer -> collect(answer, records));
        Map<String, Schema> schemas = document.getComponents().getSchemas();
        for (Class<?> type : records) {
            Schema schema = schemas.get(type.getSimpleName());
            if (schema != null) {
                describe(type, schema);
            }
        }
    }

    private static void collect(Type type, Set<Class<?>> records) {
        if (type instanceof ParameterizedType generic) {
            Arrays.stream(generic.getActualTypeArguments()).forEach(argument -> collect(argument, records));
        } else if (type instanceof Class<?> raw && raw.isRecord() && records.add(raw)) {
            for (RecordComponent component : raw.getRecordComponents()) {
                collect(component.getGenericType(), records);
            }
        }
    }

    private static void describe(Class<?> type, Schema schema) {
        Map<String, Schema> fields = schema.getProperties();
        schema.setRequired(new ArrayList<>(fields.keySet()));
        for (RecordComponent component : type.getRecordComponents()) {
            Schema field = fields.get(component.getName());
            if (field != null && component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                schema.addProperty(component.getName(), orNull(field));
            }
        }
    }

    private static Schema orNull(Schema field) {
        if (field.getRef() != null) {
            return OASFactory.createSchema()
                    .anyOf(List.of(field, OASFactory.createSchema().addType(SchemaType.NULL)));
        }
        List<SchemaType> types = field.getType();
        return types == null || types.contains(SchemaType.NULL) ? field : field.addType(SchemaType.NULL);
    }
}
