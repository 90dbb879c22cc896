package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns the slices of a service into endpoints. The service itself is asked for only where the slices do not suffice: while there are none, and for a
 * port that is given by number.
 */
final class ServiceResolver extends AbstractResolver {
    private static final Log LOG = Log.of(ServiceResolver.class);

    private final String name;
    private final ServiceTarget target;
    private final String namespace;
    private final Env env;
    private final Source source;
    private final OrdinalAssigner ordinals;
    private final NodeZones zones;

    /** Where copies are followed. */
    interface Source {
        <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T, String> subscriber);
    }

    ServiceResolver(String name, ServiceTarget target, Env env, Source source, OrdinalAssigner ordinals) {
        this(name, target, env, source, ordinals, Locality.ofThisProcess());
    }

    /** {@code configured} is what is known from elsewhere about where this process runs. */
    ServiceResolver(
            String name, ServiceTarget target, Env env, Source source, OrdinalAssigner ordinals, Locality configured) {
        super(name, env);
        this.name = name;
        this.target = target;
        this.namespace = requireNonNull(target.namespace(), "namespace");
        this.env = env;
        this.source = source;
        this.ordinals = ordinals;
        this.zones = new NodeZones(source, configured, () -> run(this::decide));
        this.leftOut = new LeftOut(name);
    }

    // Touched by tasks only.
    private final RemovalBuffer removalBuffer = new RemovalBuffer();
    private final List<Cancellable> following = new ArrayList<>();
    private final LeftOut leftOut;
    private @Nullable Copy<EndpointSlice> slices;
    private @Nullable Copy<Service> service;
    private @Nullable ExternalName external;
    private @Nullable Cancellable timer;
    private @Nullable String doubt;

    /** What one copy says, and whether it can be believed. */
    private final class Copy<T extends HasMetadata> implements Reflector.Subscriber<T, String> {
        private final Cancellable following;
        private Reflector.@Nullable State<T, String> state;
        private @Nullable SourceFailure failure;
        private boolean dropped;

        Copy(Selection<T> what) {
            this.following = source.follow(what, this);
        }

        @Override
        public void onState(Reflector.State<T, String> now, boolean stale) {
            run(() -> {
                state = now;
                if (!stale) {
                    failure = null;
                }
                decide();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> confirmed(asOf));
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                failure = cause;
                decide();
            });
        }

        private void run(Runnable task) {
            ServiceResolver.this.run(() -> {
                if (!dropped) {
                    task.run();
                }
            });
        }

        private void confirmed(Instant asOf) {
            Reflector.State<T, String> now = state;
            if (now == null) {
                return;
            }
            state = now.confirmed(asOf);
            if (this == slices && external == null && current().error() == null) {
                publish(current().mapEndpoints(set -> set.confirmed(asOf)));
            }
        }

        boolean answered() {
            return state != null || failure != null;
        }

        Collection<T> objects() {
            Reflector.State<T, String> now = state;
            return now == null ? List.of() : now.values().values();
        }

        void drop() {
            dropped = true;
            following.cancel();
        }
    }

    @Override
    protected void onStart() {
        slices = new Copy<>(Selection.endpointSlices(namespace, target.service()));
        following.add(ordinals.follow(() -> run(this::decide)));
        decide();
    }

    @Override
    protected void onClose() {
        zones.close();
        following.forEach(Cancellable::cancel);
        following.clear();
        if (slices != null) {
            slices.drop();
        }
        followService(false);
        resolveExternally(null);
        cancelTimer();
    }

    @Override
    protected void onThrown(Throwable thrown) {
        if (thrown instanceof RuntimeException unreadable) {
            publish(current().failed(unreadable(name, unreadable)));
        } else {
            super.onThrown(thrown);
        }
    }

    /** What the API server has is not what its kind of object is. */
    static IllegalStateException unreadable(String name, RuntimeException cause) {
        return new IllegalStateException(
                Printable.text(name + ": what the API server has cannot be read: " + cause
                        + "; expected objects as their API defines them"),
                cause);
    }

    // ---- deciding ----

    private void decide() {
        Copy<EndpointSlice> copy = slices;
        if (copy == null) {
            return;
        }
        Reflector.State<EndpointSlice, String> state = copy.state;
        if (state == null) {
            if (copy.failure != null) {
                publish(current().failed(copy.failure));
            }
            return;
        }
        followService(target.portNumber() != 0 || state.values().isEmpty());
        Copy<Service> about = service;
        if (about != null && !about.answered()) {
            return;
        }
        Service known =
                about == null ? null : about.objects().stream().findFirst().orElse(null);
        if (known != null && state.values().isEmpty() && ExternalName.is(known)) {
            resolveExternally(known);
            return;
        }
        resolveExternally(null);
        update(state, about, known);
    }

    private void update(
            Reflector.State<EndpointSlice, String> state, @Nullable Copy<Service> about, @Nullable Service known) {
        Copy<EndpointSlice> copy = requireNonNull(slices, "slices");
        boolean missing = state.values().isEmpty() && known == null;
        if (missing && current().endpoints() == null) {
            publish(current().failed(noService(about)));
            return;
        }
        SliceView.Content content = SliceView.read(target, state.values().values(), known);
        List<String> rejected = new ArrayList<>(leftOut.report(content.rejections()));
        if (content.problem() != null) {
            publish(rejecting(rejected)
                    .failed(new IllegalStateException(
                            Printable.text(name + ": " + content.problem() + unread(about)))));
            return;
        }
        OrdinalAssigner.Assignment assignment = ordinals.assign(content.endpoints());
        if (assignment == null) {
            Exception blockedBy = ordinals.blockedBy();
            publish(
                    blockedBy == null
                            ? rejecting(rejected)
                            : rejecting(rejected).failed(blockedBy));
            return;
        }
        Exception trouble = copy.failure != null ? copy.failure : missing ? noService(about) : null;
        takeDoubt(assignment.problem());
        Resolution next = rejecting(rejected).answered(endpoints(assignment, state));
        publish(trouble == null ? next : next.failed(trouble));
    }

    private Resolution rejecting(List<String> leftOut) {
        if (doubt != null) {
            leftOut.add(doubt);
        }
        return current().rejecting(leftOut);
    }

    private void followService(boolean wanted) {
        Copy<Service> now = service;
        if (wanted && now == null) {
            service = new Copy<>(Selection.service(namespace, target.service()));
        } else if (!wanted && now != null) {
            service = null;
            now.drop();
        }
    }

    private IllegalStateException noService(@Nullable Copy<Service> about) {
        SourceFailure failure = about == null ? null : about.failure;
        return new IllegalStateException(
                failure == null
                        ? name + ": there is no service '" + target.service() + "' in namespace " + namespace
                                + ", expected one; it is used as soon as it is there"
                        : name + ": no EndpointSlice names service '" + target.service() + "' in namespace "
                                + namespace
                                + ", expected the service to exist and to have a selector; the service itself"
                                + " could not be looked at: " + failure.getMessage());
    }

    /** Why a number is not looked up among the service's own ports. */
    private static String unread(@Nullable Copy<Service> about) {
        if (about == null || about.state != null || about.failure == null) {
            return "";
        }
        return "; the service's own ports are not known: " + about.failure.getMessage();
    }

    // ---- services that are a DNS name ----

    private void resolveExternally(@Nullable Service known) {
        String text = known == null ? null : ExternalName.target(target, known);
        ExternalName before = external;
        if (before != null && before.text().equals(text)) {
            return;
        }
        external = null;
        if (before != null) {
            closeSource(before.resolver());
        }
        if (text == null) {
            return;
        }
        try {
            ExternalName next = ExternalName.of(text, env);
            external = next;
            follow(next.resolver(), resolution -> {
                if (external == next) {
                    takeFromDns(resolution);
                }
            });
        } catch (IllegalArgumentException rejected) {
            publish(current()
                    .failed(new IllegalStateException(Printable.text(name
                            + ": the service is an ExternalName that cannot be resolved: " + rejected.getMessage()))));
        }
    }

    /** Passes on what DNS says for as long as the service is that name. */
    private void takeFromDns(Resolution resolution) {
        EndpointSet set = resolution.endpoints();
        Throwable error = resolution.error();
        Resolution next = set == null ? current() : current().answered(ExternalName.named(name, set));
        publish(error == null ? next : next.failed(error));
    }

    // ---- publishing ----

    private EndpointSet endpoints(OrdinalAssigner.Assignment assignment, Reflector.State<EndpointSlice, String> state) {
        EndpointSet before = current().endpoints();
        Predicate<Endpoint> expected = assignment.expected().or(lost -> surplus(lost, assignment.shards()));
        List<Endpoint> named = assignment.endpoints();
        EndpointSet.Removals removals = EndpointSet.Removals.GUARDED;
        if (before != null) {
            named = gathered(before, named, expected);
            removals = meant(before.endpoints(), named, assignment.expected()) ? EndpointSet.Removals.MEANT : removals;
        }
        return EndpointSet.builder(name)
                .endpoints(named)
                .shardMap(assignment.shards())
                .version(version(state.version()))
                .asOf(state.asOf())
                .removals(removals)
                .client(zones.client())
                .unnumbered(assignment.unnumbered())
                .build();
    }

    private List<Endpoint> gathered(EndpointSet before, List<Endpoint> present, Predicate<Endpoint> expected) {
        long now = env.time().nanoTime();
        List<Endpoint> named = removalBuffer.gather(before.endpoints(), present, expected, now);
        cancelTimer();
        long due = removalBuffer.dueInNanos(now);
        if (due != Long.MAX_VALUE) {
            timer = env.time().schedule(due, () -> run(this::decide));
        }
        return named;
    }

    /** Whether ready endpoints are missing, and each of them was meant to go. */
    static boolean meant(List<Endpoint> before, List<Endpoint> next, Predicate<Endpoint> expected) {
        Set<String> after = next.stream().map(Endpoint::id).collect(Collectors.toSet());
        boolean any = false;
        for (Endpoint endpoint : before) {
            if (endpoint.readiness() == Endpoint.Readiness.READY && !after.contains(endpoint.id())) {
                if (!expected.test(endpoint)) {
                    return false;
                }
                any = true;
            }
        }
        return any;
    }

    private static boolean surplus(Endpoint lost, @Nullable ShardMap map) {
        ShardCount shards = map == null ? null : map.count();
        return shards != null
                && lost.hasOrdinal()
                && (lost.ordinal() < shards.firstOrdinal()
                        || lost.ordinal() >= (long) shards.firstOrdinal() + shards.count());
    }

    /** What is wrong with the numbers: the endpoints are as true as before. Logged once, until it goes away or turns into another. */
    private void takeDoubt(@Nullable Exception cause) {
        String text = cause == null ? null : Printable.text(String.valueOf(cause.getMessage()));
        if (text != null && !text.equals(doubt)) {
            LOG.warn("{}: {}", name, text);
        }
        doubt = text;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** For people; Kubernetes calls it opaque. */
    private static long version(String text) {
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }
}
