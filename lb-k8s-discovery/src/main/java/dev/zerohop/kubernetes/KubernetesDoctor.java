package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.zerohop.Endpoint;
import dev.zerohop.Locality;
import dev.zerohop.ShardMap;
import dev.zerohop.Target;
import dev.zerohop.kubernetes.Diagnosis.Finding;
import dev.zerohop.kubernetes.Diagnosis.State;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds out why a {@code k8s} or {@code k8s-pods} target does not work, from permissions down to ports and slices. Changes nothing. */
public final class KubernetesDoctor {
    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    private static final String WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

    /** The subject of the manifests if the name of this client is unknown. */
    private static final String SOME_ACCOUNT = "system:serviceaccount:default:default";

    private static final String NO_ACCOUNT =
            "the API server does not report who this client is: put its ServiceAccount here";

    /** The name of every client without credentials. A permission that it has is granted to everyone. */
    private static final String ANONYMOUS = "system:anonymous";

    private final HttpApiServer server;
    private final DoctorQuestions questions;
    private final Locality place;
    private final List<Finding> findings = new ArrayList<>();

    /** All permissions that the target needs, granted or not, as far as they are known. */
    private final List<RbacRule> needed = new ArrayList<>();

    private boolean lacks;

    private KubernetesDoctor(HttpApiServer server, Locality place) {
        this.server = server;
        this.questions = new DoctorQuestions(server);
        this.place = place;
    }

    /**
     * Examines a target. Blocks until the API server has answered, up to 20 s for each request.
     *
     * @param environment the variables to read the topology from; usually {@link System#getenv()}
     * @throws IllegalArgumentException if the target is rejected, or is of another scheme
     * @throws InterruptedException if the caller is interrupted
     */
    public static Diagnosis examine(String target, KubernetesOptions options, Map<String, String> environment)
            throws InterruptedException {
        Target parsed = Target.parse(target);
        boolean pods = parsed.scheme().equals("k8s-pods");
        if (!pods && !parsed.scheme().equals("k8s")) {
            throw parsed.error(0, "found scheme '" + parsed.scheme() + "', expected k8s or k8s-pods");
        }
        try (HttpApiServer server = new HttpApiServer(requireNonNull(options, "options"))) {
            KubernetesDoctor doctor = new KubernetesDoctor(server, Locality.of(environment));
            return pods
                    ? doctor.pods(KubernetesResolverProviders.podsNamed(parsed, options))
                    : doctor.service(KubernetesResolverProviders.named(parsed, options));
        }
    }

    // ---- a service ----

    private Diagnosis service(ServiceTarget target) throws InterruptedException {
        String user = whoAmI();
        String namespace = requireNonNull(target.namespace(), "namespace");
        if (user == null) {
            return new Diagnosis(findings, "");
        }
        Selection<EndpointSlice> slicesOf = Selection.endpointSlices(namespace, target.service());
        needed.add(RbacRule.of(slicesOf));
        List<EndpointSlice> slices = list(slicesOf, State.MISSING, "no endpoint is known");
        Service service = itself(target, slices);
        List<String> sets = target.shards().statefulSets();
        if (service != null && slices != null && slices.isEmpty() && ExternalName.is(service)) {
            add(
                    true,
                    "addresses",
                    "the service is an ExternalName of " + service.getSpec().getExternalName()
                            + ", which DNS resolves");
        } else {
            Set<String> pods = slices == null ? null : slices(target, slices, service);
            if (pods != null
                    && !pods.isEmpty()
                    && sets.isEmpty()
                    && pods.stream().noneMatch(PodOrdinal::looksNumbered)) {
                add(true, "shards", "no pod's name looks like a StatefulSet's, so StatefulSets are not read");
            } else {
                shards(target, pods);
            }
        }
        topology();
        return diagnosis(namespace, target.service(), target.canonical(), user);
    }

    /** The service's own object, if it exists and may be read; {@code slices} is null if they could not be read. */
    private @Nullable Service itself(ServiceTarget target, @Nullable List<EndpointSlice> slices)
            throws InterruptedException {
        String name = "service " + target.namespace() + "/" + target.service();
        Selection<Service> what = Selection.service(requireNonNull(target.namespace(), "namespace"), target.service());
        boolean byNumber = target.portNumber() != 0;
        boolean empty = slices != null && slices.isEmpty();
        if (byNumber || slices == null || empty) {
            needed.add(RbacRule.of(what));
        }
        List<Service> services = list(
                what,
                byNumber || empty ? State.MISSING : State.OPTIONAL,
                byNumber
                        ? "a port's number is looked up among the pods' ports only"
                        : empty
                                ? "the service has no slices, and only the service itself can show why"
                                : "needed only while the service has no slices, and to look a port's number up");
        if (services == null) {
            return null;
        }
        Service service = services.isEmpty() ? null : services.get(0);
        add(
                service != null,
                name,
                service != null
                        ? "it exists"
                        : "there is none; create it, or correct the target: kubectl get services -n "
                                + target.namespace());
        return service;
    }

    private Diagnosis diagnosis(String namespace, String label, String target, String user) {
        boolean unknown = user.equals(SOME_ACCOUNT);
        return new Diagnosis(
                findings, lacks ? Roles.yaml(namespace, label, target, needed, user, unknown ? NO_ACCOUNT : "") : "");
    }

    /** Reports on the slices; gives the names of the pods, or null if they are not known. */
    private @Nullable Set<String> slices(ServiceTarget target, List<EndpointSlice> slices, @Nullable Service service) {
        SliceView.Content content = SliceView.read(target, slices, service);
        if (content.problem() != null) {
            add(false, "port " + target.port(), content.problem());
            return null;
        }
        List<Endpoint> endpoints = content.endpoints();
        long ready = ready(endpoints);
        add(
                ready > 0,
                "slices",
                slices.size() + " with " + endpoints.size() + " endpoints, " + ready + " of them ready"
                        + (endpoints.isEmpty() ? "; does the service's selector match any pod?" : ""));
        if (!endpoints.isEmpty()) {
            Set<Integer> ports = endpoints.stream().map(Endpoint::port).collect(Collectors.toCollection(TreeSet::new));
            add(true, "port " + target.port(), "the pods' port is " + ports);
            zones(endpoints);
        }
        content.rejections().forEach(reason -> add(false, "slices", reason));
        Set<String> pods = new TreeSet<>();
        endpoints.forEach(
                endpoint -> pods.add(requireNonNullElse(endpoint.attributes().get(SliceView.POD), "")));
        return pods;
    }

    /** The StatefulSets; {@code known} are the names of the pods, null if they are not known. */
    private void shards(ServiceTarget target, @Nullable Set<String> known) throws InterruptedException {
        Set<String> pods = requireNonNullElse(known, Set.<String>of());
        List<String> named = target.shards().statefulSets();
        String namespace = requireNonNull(target.namespace(), "namespace");
        List<Selection<StatefulSet>> selections = Selection.statefulSets(namespace, named);
        boolean sure = !named.isEmpty() || !pods.isEmpty();
        selections.forEach(selection -> needed.add(RbacRule.of(selection)));
        List<StatefulSetView> seen = new ArrayList<>();
        for (Selection<StatefulSet> selection : selections) {
            List<StatefulSet> sets = list(
                    selection,
                    sure ? State.MISSING : State.OPTIONAL,
                    sure
                            ? "pods have no ordinals and the number of shards is unknown"
                            : "needed if the pods are a StatefulSet's, and no pod is known");
            if (sets == null) {
                return;
            }
            sets.forEach(set -> seen.add(StatefulSetView.of(set)));
        }
        GoverningStatefulSets found = GoverningStatefulSets.find(target.service(), named, seen, pods);
        if (found.problem() != null) {
            add(false, "StatefulSet", found.problem());
        } else if (found.sets().isEmpty() && sure) {
            add(State.OPTIONAL, "StatefulSet", "none governs the service or owns its pods: they have no ordinals");
        }
        if (!found.sets().isEmpty()) {
            add(true, "StatefulSet " + found.names(), "ordinals " + found.wanted() + " are desired");
        }
        if (target.shards().mode() == ShardCounting.Mode.EPOCH && !found.sets().isEmpty()) {
            epochs(ShardEpochAnnotation.NONE.next(found.sets()));
        }
    }

    private void epochs(ShardEpochAnnotation epochs) {
        String what = "annotation " + StatefulSetView.SHARDS;
        ShardMap map = epochs.map();
        if (epochs.problem() != null) {
            add(false, what, epochs.problem());
        } else if (map == null) {
            add(
                    State.OPTIONAL,
                    what,
                    "no StatefulSet has it, so spec.replicas counts until one does, with a value such as {\"epoch\": 1, \"count\": 3}");
        } else {
            add(true, what, "epoch " + map.epoch() + ", " + map.placement().words());
        }
    }

    // ---- pods ----

    private Diagnosis pods(PodsTarget target) throws InterruptedException {
        String user = whoAmI();
        if (user == null) {
            return new Diagnosis(findings, "");
        }
        String namespace = requireNonNull(target.namespace(), "namespace");
        Selection<Pod> selection = Selection.pods(namespace, target.labels());
        needed.add(RbacRule.of(selection));
        List<Pod> pods = list(selection, State.MISSING, "no endpoint is known");
        if (pods != null) {
            PodView.Content content = PodView.read(target, pods, node -> null);
            List<Endpoint> endpoints = content.endpoints();
            content.rejections().forEach(reason -> add(false, "pods", reason));
            long ready = ready(endpoints);
            add(
                    ready > 0,
                    "pods",
                    pods.size() + " have the labels; " + endpoints.size() + " of them run the image and have the port, "
                            + ready + " are ready");
            if (!endpoints.isEmpty()) {
                zones(endpoints);
            }
        }
        topology();
        return diagnosis(namespace, "pods", target.canonical(), user);
    }

    private static long ready(List<Endpoint> endpoints) {
        return endpoints.stream()
                .filter(endpoint -> endpoint.readiness() == Endpoint.Readiness.READY)
                .count();
    }

    // ---- topology ----

    private void zones(List<Endpoint> endpoints) {
        Set<String> zones = new TreeSet<>();
        endpoints.forEach(endpoint -> zones.add(requireNonNullElse(endpoint.zone(), "unknown")));
        add(true, "zones of the endpoints", String.join(", ", zones));
    }

    private void topology() throws InterruptedException {
        String zone = place.zone();
        String node = place.node();
        if (zone != null) {
            add(true, "zone of this client", zone + ", from " + Locality.ZONE_VARIABLE);
            return;
        }
        if (node == null) {
            add(
                    State.OPTIONAL,
                    "zone of this client",
                    "unknown, so no zone is preferred; expected " + Locality.ZONE_VARIABLE + ", or "
                            + Locality.NODE_VARIABLE + " and permission to see the node");
            return;
        }
        List<Node> nodes = list(
                Selection.node(node), State.OPTIONAL, "the zone of this client is unknown, so no zone is preferred");
        if (nodes == null) {
            return;
        }
        String found = nodes.stream()
                .map(each -> each.getMetadata().getLabels())
                .map(labels -> labels == null ? null : labels.get(NodeZones.ZONE))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        add(
                found == null ? State.OPTIONAL : State.OK,
                "zone of this client",
                found == null ? "node " + node + " has no label " + NodeZones.ZONE : found + ", that of node " + node);
    }

    // ---- requests ----

    private @Nullable String whoAmI() throws InterruptedException {
        try {
            SelfSubjectReview review = questions.get(server.create(
                    WHO_AM_I, new SelfSubjectReview(), SelfSubjectReview.class, "report who this client is"));
            if (review.getStatus() != null && review.getStatus().getUserInfo() != null) {
                String user = review.getStatus().getUserInfo().getUsername();
                if (ANONYMOUS.equals(user)) {
                    add(
                            false,
                            "API server",
                            server + ", which received no credentials and identifies this client as " + user
                                    + "; expected a token or a client certificate: in a pod its mounted service account,"
                                    + " elsewhere the kubeconfig's user");
                    return null;
                }
                add(true, "API server", server + ", which identifies this client as " + user);
                return user;
            }
        } catch (SourceFailure failed) {
            if (failed.kind() == SourceFailure.Kind.UNREACHABLE) {
                add(false, "API server", String.valueOf(failed.getMessage()));
                return null;
            }
        }
        // Kubernetes before 1.28 does not have this review.
        add(true, "API server", server + "; it does not report who this client is");
        return SOME_ACCOUNT;
    }

    private boolean may(Selection<?> what, State otherwise, String lost) throws InterruptedException {
        List<String> denied = new ArrayList<>();
        for (String verb : RbacRule.VERBS) {
            try {
                SelfSubjectAccessReview review = questions.get(server.create(
                        REVIEWS,
                        DoctorQuestions.access(what, verb),
                        SelfSubjectAccessReview.class,
                        "report whether this client may " + verb + " " + what));
                if (review.getStatus() == null
                        || !Boolean.TRUE.equals(review.getStatus().getAllowed())) {
                    denied.add(verb);
                }
            } catch (SourceFailure failed) {
                add(State.MISSING, "permission to " + verb + " " + what, String.valueOf(failed.getMessage()));
                // Reviews are denied or not supported by this server, so the permissions are unknown.
                lacks |= failed.kind() == SourceFailure.Kind.DENIED || failed.kind() == SourceFailure.Kind.MISSING;
                return false;
            }
        }
        if (denied.isEmpty()) {
            add(true, "permission to list and watch " + what, "granted");
            return true;
        }
        add(otherwise, "permission to " + String.join(" and ", denied) + " " + what, "not granted: " + lost);
        lacks |= otherwise == State.MISSING;
        return false;
    }

    /** The objects, if this client may list them and the request succeeded; {@code lost} is the consequence of a missing permission. */
    private <T extends HasMetadata> @Nullable List<T> list(Selection<T> what, State otherwise, String lost)
            throws InterruptedException {
        try {
            return may(what, otherwise, lost) ? questions.list(what) : null;
        } catch (SourceFailure failed) {
            add(false, what.toString(), String.valueOf(failed.getMessage()));
            return null;
        }
    }

    private void add(boolean ok, String what, String why) {
        add(ok ? State.OK : State.MISSING, what, why);
    }

    private void add(State state, String what, String why) {
        findings.add(new Finding(state, what, why));
    }
}
