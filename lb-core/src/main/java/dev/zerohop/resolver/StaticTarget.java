package dev.zerohop.resolver;

import dev.zerohop.Endpoint;
import dev.zerohop.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@code static:///10.0.0.1:8080;weight=3;zone=a,10.0.0.2:8080}. */
final class StaticTarget {
    private static final String FORM = "static:///host:port,host:port";
    private static final String PARAMETERS = "id, weight, zone, node, ordinal or attr.NAME";

    private final Target target;
    private final String text;
    private final int end;

    private StaticTarget(Target target) {
        this.target = target;
        this.text = target.text();
        this.end = target.pathPosition() + target.path().length();
    }

    /** The endpoints, in the order of the text. */
    static List<Endpoint> endpoints(Target target) {
        target.rejectAuthority(FORM);
        target.rejectQuery();
        return new StaticTarget(target).endpoints();
    }

    private List<Endpoint> endpoints() {
        if (target.path().isEmpty()) {
            throw target.error(Math.min(target.pathPosition(), text.length()), "found no endpoint, expected " + FORM);
        }
        List<Endpoint> endpoints = new ArrayList<>();
        Map<String, Integer> positions = new HashMap<>();
        int from = target.pathPosition();
        while (from <= end) {
            int to = indexOf(',', from, end);
            Endpoint endpoint = endpoint(from, to);
            Integer before = positions.putIfAbsent(endpoint.id(), from);
            if (before != null) {
                throw target.error(
                        from,
                        "endpoint id '" + endpoint.id() + "' was given before at position " + before
                                + ", expected unique ids");
            }
            endpoints.add(endpoint);
            from = to + 1;
        }
        return endpoints;
    }

    private Endpoint endpoint(int from, int to) {
        int semicolon = indexOf(';', from, to);
        HostPort address = address(from, semicolon);
        Endpoint.Builder builder = Endpoint.builder(address.host(), address.port());
        Map<String, String> attributes = new HashMap<>();
        Set<String> given = new HashSet<>();
        int at = semicolon + 1;
        while (at <= to) {
            int next = indexOf(';', at, to);
            parameter(at, next, builder, attributes, given);
            at = next + 1;
        }
        return builder.attributes(attributes).build();
    }

    private HostPort address(int from, int to) {
        String written = target.decoded(from, to);
        try {
            return HostPort.parse(written);
        } catch (HostPort.Malformed malformed) {
            // With percent-encoding the offsets differ; the beginning of the address is then near enough.
            int offset = written.length() == to - from ? malformed.offset() : 0;
            throw target.error(from + offset, malformed.problem());
        }
    }

    private void parameter(
            int from, int to, Endpoint.Builder builder, Map<String, String> attributes, Set<String> given) {
        int equals = indexOf('=', from, to);
        if (equals == to) {
            throw target.error(
                    from,
                    "found '" + text.substring(from, to) + "', expected a parameter name=value (" + PARAMETERS + ")");
        }
        String name = target.decoded(from, equals);
        String value = target.decoded(equals + 1, to);
        if (!given.add(name)) {
            throw target.error(from, "parameter '" + name + "' was given twice for one endpoint, expected once");
        }
        if (name.startsWith("attr.") && name.length() > "attr.".length()) {
            attributes.put(name.substring("attr.".length()), value);
            return;
        }
        switch (name) {
            case "id" -> builder.id(text(name, value, equals + 1));
            case "zone" -> builder.zone(text(name, value, equals + 1));
            case "node" -> builder.node(text(name, value, equals + 1));
            case "weight" -> builder.weight(number(name, value, Endpoint.MAX_WEIGHT, equals + 1));
            case "ordinal" -> builder.ordinal(number(name, value, Integer.MAX_VALUE, equals + 1));
            default -> throw target.error(from, "found parameter '" + name + "', expected " + PARAMETERS);
        }
    }

    private String text(String name, String value, int position) {
        if (value.isBlank()) {
            throw target.error(position, name + " was '" + value + "', expected some text");
        }
        return value;
    }

    private int number(String name, String value, int max, int position) {
        boolean digits =
                !value.isEmpty() && value.length() <= 10 && value.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || Long.parseLong(value) > max) {
            throw target.error(position, name + " was '" + value + "', expected a whole number from 0 to " + max);
        }
        return Integer.parseInt(value);
    }

    private int indexOf(char c, int from, int limit) {
        int at = from;
        while (at < limit && text.charAt(at) != c) {
            at++;
        }
        return at;
    }
}
