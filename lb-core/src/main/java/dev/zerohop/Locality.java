package dev.zerohop;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this process runs. An immutable value.
 *
 * <p>A blank name is an unknown one: a downward API variable without a value is empty, not absent.
 *
 * @param zone failure domain, or null when unknown
 * @param node machine, or null when unknown
 */
public record Locality(@Nullable String zone, @Nullable String node) {

    /** Nothing is known. */
    public static final Locality UNKNOWN = new Locality(null, null);

    /** The variable that names the zone. */
    public static final String ZONE_VARIABLE = "ZEROHOP_ZONE";

    /** The variable that names the node; {@value #OTHER_NODE_VARIABLE} is read where it is absent. */
    public static final String NODE_VARIABLE = "ZEROHOP_NODE";

    /** What many manifests call the node already. */
    public static final String OTHER_NODE_VARIABLE = "NODE_NAME";

    /**
     * Takes blank names for unknown ones.
     *
     * @throws IllegalArgumentException if a name is longer than {@link Printable#MAX_NAME} or has a control or format character in it
     */
    public Locality {
        zone = name("the zone of this client", zone);
        node = name("the node of this client", node);
    }

    private static @Nullable String name(String what, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        String name = text.strip();
        String problem = Printable.problem(name, Printable.MAX_NAME);
        if (problem != null) {
            throw new IllegalArgumentException(what + " " + problem);
        }
        return name;
    }

    /**
     * What the environment of this process says.
     *
     * @throws IllegalArgumentException as {@link #of}
     */
    public static Locality ofThisProcess() {
        return of(System.getenv());
    }

    /**
     * What these environment variables say.
     *
     * @throws IllegalArgumentException naming the variable, if a name can be none
     */
    public static Locality of(Map<String, String> environment) {
        String node = name(NODE_VARIABLE, environment.get(NODE_VARIABLE));
        return new Locality(
                name(ZONE_VARIABLE, environment.get(ZONE_VARIABLE)),
                node != null ? node : name(OTHER_NODE_VARIABLE, environment.get(OTHER_NODE_VARIABLE)));
    }

    /** This, with what is unknown here taken from {@code other}. */
    public Locality orElse(Locality other) {
        if (zone != null && node != null) {
            return this;
        }
        return new Locality(zone == null ? other.zone : zone, node == null ? other.node : node);
    }
}
