package dev.zerohop.examples.kubernetes;

import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Map;

/** Finds what the client's model classes had to put aside because they have no field for it. */
final class Unknown {
    private Unknown() {}

    static void requireNone(Object model, String path) {
        if (model instanceof Collection<?> all) {
            int index = 0;
            for (Object each : all) {
                requireNone(each, path + "/" + index++);
            }
            return;
        }
        if (!model.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")) {
            return;
        }
        for (Method method : model.getClass().getMethods()) {
            if (!method.getName().startsWith("get") || method.getParameterCount() > 0) {
                continue;
            }
            Object value = valueOf(method, model);
            String inner = path + "/" + method.getName().substring(3);
            if (method.getName().equals("getAdditionalProperties")) {
                if (!((Map<?, ?>) value).isEmpty()) {
                    throw new AssertionError(path + ": Kubernetes does not know " + value);
                }
            } else if (value != null) {
                requireNone(value, inner);
            }
        }
    }

    private static Object valueOf(Method method, Object model) {
        try {
            return method.invoke(model);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
