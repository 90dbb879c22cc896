package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import java.lang.reflect.Field;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TraceAttributesTest {
    @Test
    void thePageNamesEveryAttributeAndEventAndNoOther() throws IllegalAccessException {
        Set<String> names = new TreeSet<>();
        for (Field field : TraceAttributes.class.getDeclaredFields()) {
            if (field.getType() == AttributeKey.class) {
                names.add(((AttributeKey<?>) field.get(null)).getKey());
            } else if (field.getType() == String.class) {
                names.add((String) field.get(null));
            }
        }
        assertThat(TracingPage.names()).isEqualTo(names);
    }
}
