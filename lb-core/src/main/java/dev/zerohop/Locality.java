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

    private static final class OfTheProcess {
        static final Locality VALUE = of(System.getenv());
    }

    /** Takes blank names for unknown ones. */
    public Locality {
        zone = zone == null || zone.isBlank() ? null : zone.strip();
        node = node == null || node.isBlank() ? null : node.strip();
    }

    /** What the environment of this process says, read once. */
    public static Locality ofThisProcess() {
        return OfTheProcess.VALUE;
    }

    /** What these environment variables say. */
    public static Locality of(Map<String, String> environment) {
        Locality own = new Locality(environment.get(ZONE_VARIABLE), environment.get(NODE_VARIABLE));
        return own.orElse(new Locality(null, environment.get(OTHER_NODE_VARIABLE)));
    }

    /** This, with what is unknown here taken from {@code other}. */
    public Locality orElse(Locality other) {
        if (zone != null && node != null) {
            return this;
        }
        return new Locality(zone == null ? other.zone : zone, node == null ? other.node : node);
    }
}
