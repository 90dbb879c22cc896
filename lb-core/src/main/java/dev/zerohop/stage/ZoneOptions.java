package dev.zerohop.stage;

import dev.zerohop.Locality;
import dev.zerohop.Options;
import dev.zerohop.Printable;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.stage.ZonePreference.Prefer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@link ZonePreference} in configurations. */
final class ZoneOptions implements StageProvider {
    @Override
    public String name() {
        return "zone";
    }

    @Override
    public List<String> options() {
        return List.of("prefer", "zone", "node", "minEndpoints", "overProvisioningPercent", "clients");
    }

    @Override
    public Stage read(Options fields) {
        Locality stated = new Locality(
                name(fields, "zone", "the zone of this client, such as \"eu-1a\""),
                name(fields, "node", "the node of this client"));
        return ZonePreference.builder()
                .prefer(fields.enumValue("prefer", Prefer.HINTED))
                .client(stated.orElse(Locality.ofThisProcess()))
                .minEndpoints(fields.integer("minEndpoints", ZonePreference.DEFAULT_MIN_ENDPOINTS, 0, 1_000_000))
                .overProvisioningPercent(fields.integer(
                        "overProvisioningPercent", ZonePreference.DEFAULT_OVER_PROVISIONING_PERCENT, 100, 1000))
                .clients(clients(fields))
                .build();
    }

    private static @Nullable String name(Options fields, String field, String expected) {
        if (!fields.has(field)) {
            return null;
        }
        String name = fields.string(field, expected);
        check(fields.path(field) + ": ", name);
        return name;
    }

    private static void check(String what, String name) {
        String problem = Printable.problem(name, Printable.MAX_NAME);
        if (problem != null) {
            throw new IllegalArgumentException(what + problem);
        }
    }

    private static Map<String, Double> clients(Options fields) {
        Map<String, Double> clients = new TreeMap<>();
        if (fields.has("clients")) {
            Options byZone = fields.anyObject("clients");
            for (String zone : byZone.names()) {
                check(byZone.path() + ": the name of a zone ", zone);
                clients.put(zone, byZone.number(zone, 1, 0.001, 1_000_000));
            }
        }
        return clients;
    }
}
