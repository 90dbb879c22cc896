package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.api.model.AnyType;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Reads manifests into the client's models, and refuses kinds and fields that they do not have. */
final class Manifests {
    private Manifests() {}

    static List<HasMetadata> parse(String yaml) {
        List<HasMetadata> objects = new ArrayList<>();
        for (String document : yaml.split("(?m)^---\\s*$")) {
            if (!document.isBlank()) {
                Object read = Serialization.unmarshal(document);
                if (!(read instanceof HasMetadata object) || read instanceof GenericKubernetesResource) {
                    throw new IllegalArgumentException("no kind that the client knows: " + document);
                }
                refuseUnknown(object.getKind(), object);
                objects.add(object);
            }
        }
        return objects;
    }

    /** The models keep a field that they do not know in a map of additional properties. */
    private static void refuseUnknown(String path, Object value) {
        if (value instanceof Collection<?> many) {
            int at = 0;
            for (Object each : many) {
                refuseUnknown(path + "[" + at++ + "]", each);
            }
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> refuseUnknown(path + "." + key, each));
        } else if (value != null
                && value.getClass().getName().startsWith("io.fabric8.")
                && !(value instanceof AnyType)
                && !value.getClass().isEnum()) {
            for (Class<?> type = value.getClass(); type != Object.class; type = type.getSuperclass()) {
                for (Field field : type.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        refuseUnknown(path, field, value);
                    }
                }
            }
        }
    }

    private static void refuseUnknown(String path, Field field, Object owner) {
        try {
            field.setAccessible(true);
            Object value = field.get(owner);
            if (field.getName().equals("additionalProperties") && value instanceof Map<?, ?> map && !map.isEmpty()) {
                throw new IllegalArgumentException(path + " has no field " + map.keySet());
            }
            refuseUnknown(path + "." + field.getName(), value);
        } catch (IllegalAccessException hidden) {
            throw new IllegalStateException(hidden);
        }
    }
}
