package dev.zerohop.grpc;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Just enough JSON for service configs in tests; numbers become doubles, as grpc wants them. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    @SuppressWarnings("unchecked")
    static Map<String, ?> map(String singleQuoted) {
        return (Map<String, ?>) new Json(singleQuoted.replace('\'', '"')).value();
    }

    static Map<String, ?> serviceConfig(@Nullable String zerohop, @Nullable String methodConfig) {
        Map<String, Object> config = new LinkedHashMap<>();
        if (zerohop != null) {
            config.put("loadBalancingConfig", List.of(Map.of("zerohop", map(zerohop))));
        }
        if (methodConfig != null) {
            config.put("methodConfig", List.of(map(methodConfig)));
        }
        return config;
    }

    /** Retries UNAVAILABLE up to {@code attempts} times, quickly. */
    static String retries(int attempts, String codes) {
        return "{'name': [{}], 'retryPolicy': {'maxAttempts': " + attempts
                + ", 'initialBackoff': '0.01s', 'maxBackoff': '0.05s', 'backoffMultiplier': 1, 'retryableStatusCodes': "
                + codes + "}}";
    }

    private Object value() {
        skip();
        char c = text.charAt(at);
        if (c == '{') {
            at++;
            Map<String, Object> map = new LinkedHashMap<>();
            while (!ends('}')) {
                String key = (String) value();
                skip();
                at++;
                map.put(key, value());
            }
            return map;
        }
        if (c == '[') {
            at++;
            List<Object> list = new ArrayList<>();
            while (!ends(']')) {
                list.add(value());
            }
            return list;
        }
        if (c == '"') {
            int end = text.indexOf('"', at + 1);
            String string = text.substring(at + 1, end);
            at = end + 1;
            return string;
        }
        int from = at;
        while (at < text.length() && "+-.0123456789truefals".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String word = text.substring(from, at);
        return word.startsWith("t") || word.startsWith("f") ? (Object) Boolean.valueOf(word) : Double.valueOf(word);
    }

    private boolean ends(char close) {
        skip();
        if (text.charAt(at) == ',') {
            at++;
            skip();
        }
        if (text.charAt(at) == close) {
            at++;
            return true;
        }
        return false;
    }

    private void skip() {
        while (text.charAt(at) == ' ') {
            at++;
        }
    }
}
