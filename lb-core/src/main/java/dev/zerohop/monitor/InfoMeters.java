package dev.zerohop.monitor;

import dev.zerohop.Balancer;
import dev.zerohop.Cancellable;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link Meters#INFO}: one meter for each kind of balancer of the service. */
final class InfoMeters implements Cancellable {
    /** The scheme of a target. Its whole text may be long, as that of static targets is, and differ from process to process. */
    private static final Pattern SCHEME = Pattern.compile("([a-z][a-z0-9+-]*):/");

    private static final String VERSION = version();

    private final MeterBackend backend;
    private final String service;
    private final WeakBalancers balancers;
    private final Map<Kind, Registrations> shown = new HashMap<>();

    private record Kind(String policy, String source, String adapter) {
        static Kind of(Balancer balancer) {
            return new Kind(
                    balancer.current().settings().policy().name(),
                    scheme(balancer),
                    balancer.adapter().isEmpty() ? "none" : balancer.adapter());
        }
    }

    /** A resolver of the application names itself; one that cannot is no reason to go without meters. */
    private static String scheme(Balancer balancer) {
        try {
            Matcher scheme = SCHEME.matcher(balancer.source().name());
            return scheme.find() ? scheme.group(1) : Meters.OTHER;
        } catch (RuntimeException nameless) {
            return Meters.OTHER;
        }
    }

    InfoMeters(MeterBackend backend, String service, WeakBalancers balancers) {
        this.backend = backend;
        this.service = service;
        this.balancers = balancers;
    }

    void refresh() {
        Set<Kind> kinds = new LinkedHashSet<>();
        for (ObservedBalancer observed : balancers) {
            kinds.add(Kind.of(observed.balancer()));
        }
        if (kinds.equals(shown.keySet())) {
            return;
        }
        shown.entrySet().removeIf(entry -> {
            boolean gone = !kinds.contains(entry.getKey());
            if (gone) {
                entry.getValue().cancel();
            }
            return gone;
        });
        for (Kind kind : kinds) {
            shown.computeIfAbsent(kind, this::register);
        }
    }

    private Registrations register(Kind kind) {
        Registrations one = new Registrations(backend, service);
        one.gauge(Meters.INFO, () -> 1, kind.policy(), kind.source(), kind.adapter(), VERSION);
        return one;
    }

    @Override
    public void cancel() {
        shown.values().forEach(Registrations::cancel);
        shown.clear();
    }

    /** Of the jar; classes of a build have none. */
    private static String version() {
        Properties properties = new Properties();
        try (InputStream in =
                Balancer.class.getResourceAsStream("/META-INF/maven/dev.zerohop/lb-core/pom.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException | IllegalArgumentException unreadable) {
            // As without it.
        }
        return properties.getProperty("version", "unknown");
    }
}
