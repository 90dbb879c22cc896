package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.ShardMap;
import dev.zerohop.Target;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the slices of a service into endpoints. The service itself is read only if the slices do not suffice: while there are none, and for a port that is
 * given by number.
 */
final class ServiceResolver extends WatchingResolver {
    private static final Log LOG = Log.of(ServiceResolver.class);

    private final ServiceTarget target;
    private final String namespace;
    private final OrdinalAssigner ordinals;

    // Touched by tasks only.
    private @Nullable Subscription<EndpointSlice> slices;
    private @Nullable Subscription<Service> service;
    private @Nullable ExternalName external;
    private @Nullable String ordinalProblem;

    ServiceResolver(String name, ServiceTarget target, Env env, Source source, OrdinalAssigner ordinals) {
        super(name, env, source, Locality.ofThisProcess());
        this.target = target;
        this.namespace = requireNonNull(target.namespace(), "namespace");
        this.ordinals = ordinals;
    }

    @Override
    protected void onStart() {
        slices = subscribe(Selection.endpointSlices(namespace, target.service()));
        ordinals.start(this);
    }

    @Override
    protected void onClose() {
        super.onClose();
        resolveExternally(null);
    }

    @Override
    boolean publishes(Subscription<?> subscription) {
        return subscription == slices && external == null;
    }

    @Override
    void update() {
        if (slices == null) {
            return;
        }
        Reflector.State<EndpointSlice, String> state = slices.state();
        if (state == null) {
            if (slices.failure() != null) {
                publish(current().failed(slices.failure()));
            }
            return;
        }
        boolean empty = state.values().isEmpty();
        followService(target.portNumber() != 0 || empty);
        if (service != null && service.state() == null && service.failure() == null) {
            return;
        }
        Service known =
                service == null ? null : service.objects().stream().findFirst().orElse(null);
        boolean isExternal = known != null && empty && ExternalName.is(known);
        resolveExternally(isExternal ? known : null);
        if (isExternal) {
            return;
        }
        if (empty && known == null && current().endpoints() == null) {
            publish(current().failed(noService()));
        } else {
            publishSlices(state, known);
        }
    }

    private void publishSlices(Reflector.State<EndpointSlice, String> state, @Nullable Service known) {
        SliceView.Content content = SliceView.read(target, state.values().values(), known);
        List<String> skipped = reportSkipped(content.rejections());
        if (content.problem() != null) {
            publish(rejecting(skipped)
                    .failed(new IllegalStateException(
                            Printable.text(name + ": " + content.problem() + portsUnknown()))));
            return;
        }
        OrdinalAssigner.Assignment assignment = ordinals.assign(content.endpoints());
        if (assignment == null) {
            Exception blockedBy = ordinals.blockedBy();
            publish(blockedBy == null ? rejecting(skipped) : rejecting(skipped).failed(blockedBy));
            return;
        }
        reportOrdinals(assignment.problem());
        Resolution next = rejecting(skipped).answered(endpoints(assignment, state));
        SourceFailure failure = requireNonNull(slices, "slices").failure();
        Exception problem = failure != null ? failure : state.values().isEmpty() && known == null ? noService() : null;
        publish(problem == null ? next : next.failed(problem));
    }

    private EndpointSet endpoints(OrdinalAssigner.Assignment assignment, Reflector.State<EndpointSlice, String> state) {
        ShardMap shards = assignment.shards();
        List<Endpoint> endpoints =
                gather(assignment.endpoints(), assignment.expected().or(lost -> isSurplus(lost, shards)));
        return builder(endpoints, assignment.expected())
                .shardMap(shards)
                .version(version(state.version()))
                .asOf(state.asOf())
                .unnumbered(assignment.unnumbered())
                .build();
    }

    private static boolean isSurplus(Endpoint lost, @Nullable ShardMap shards) {
        return lost.hasOrdinal()
                && shards != null
                && shards.count() != null
                && !OrdinalRange.of(shards.count()).contains(lost.ordinal());
    }

    /** The version as a number, for messages only: Kubernetes defines versions as opaque. */
    private static long version(String text) {
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    private Resolution rejecting(List<String> skipped) {
        List<String> all = new ArrayList<>(skipped);
        if (ordinalProblem != null) {
            all.add(ordinalProblem);
        }
        return current().rejecting(all);
    }

    /** Reports a problem with the ordinals; the endpoints stay valid. Logged once for each problem. */
    private void reportOrdinals(@Nullable Exception cause) {
        String text = cause == null ? null : Printable.text(String.valueOf(cause.getMessage()));
        if (text != null && !text.equals(ordinalProblem)) {
            LOG.warn("{}: {}", name, text);
        }
        ordinalProblem = text;
    }

    // ---- the service itself ----

    private void followService(boolean wanted) {
        if (wanted && service == null) {
            service = subscribe(Selection.service(namespace, target.service()));
        } else if (!wanted && service != null) {
            service.cancel();
            service = null;
        }
    }

    private IllegalStateException noService() {
        SourceFailure failure = service == null ? null : service.failure();
        return new IllegalStateException(
                failure == null
                        ? name + ": there is no service '" + target.service() + "' in namespace " + namespace
                                + ", expected one; it is used as soon as it exists"
                        : name + ": no EndpointSlice names service '" + target.service() + "' in namespace "
                                + namespace
                                + ", expected the service to exist and to have a selector; the service itself"
                                + " could not be read: " + failure.getMessage());
    }

    /** Why a port number is not looked up among the service's own ports. */
    private String portsUnknown() {
        return service == null || service.state() != null || service.failure() == null
                ? ""
                : "; the service's own ports are not known: "
                        + service.failure().getMessage();
    }

    // ---- services that are a DNS name ----

    private void resolveExternally(@Nullable Service known) {
        String text = known == null ? null : ExternalName.target(target, known);
        if (external != null && external.text().equals(text)) {
            return;
        }
        if (external != null) {
            closeSource(external.resolver());
            external = null;
        }
        if (text == null) {
            return;
        }
        try {
            ExternalName next = new ExternalName(text, Target.parse(text).newResolver(env));
            external = next;
            follow(next.resolver(), resolution -> {
                if (external == next) {
                    publishFromDns(resolution);
                }
            });
        } catch (IllegalArgumentException rejected) {
            publish(current()
                    .failed(new IllegalStateException(Printable.text(name
                            + ": the service is an ExternalName that cannot be resolved: " + rejected.getMessage()))));
        }
    }

    private void publishFromDns(Resolution resolution) {
        EndpointSet set = resolution.endpoints();
        Throwable error = resolution.error();
        Resolution next = set == null ? current() : current().answered(ExternalName.named(name, set));
        publish(error == null ? next : next.failed(error));
    }
}
