package dev.zerohop.demo.kubernetes;

import dev.zerohop.Target;
import dev.zerohop.cli.DemoWorld;
import dev.zerohop.cli.EchoServer;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * A StatefulSet {@code orders} in a namespace of its own: its pods are servers of this process, each with its own address and ports, and this class writes
 * the objects that a cluster's controllers would write.
 */
final class KubernetesWorld extends DemoWorld {
    private static final String NAME = "orders";

    private final MockApiServer api;
    private final String namespace;
    private final List<EchoServer> pods = new ArrayList<>();
    private int addresses;

    /** The state of a pod in its EndpointSlice. */
    private enum State {
        READY(true, true, false),
        TERMINATING(false, true, true);

        private final boolean ready;
        private final boolean serving;
        private final boolean terminating;

        State(boolean ready, boolean serving, boolean terminating) {
            this.ready = ready;
            this.serving = serving;
            this.terminating = terminating;
        }
    }

    KubernetesWorld(Opening opening, MockApiServer api, String namespace) {
        super(opening);
        this.api = api;
        this.namespace = namespace;
        api.kubectl()
                .services()
                .inNamespace(namespace)
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .withNewSpec()
                        .withClusterIP("None")
                        .addNewPort()
                        .withName("grpc")
                        .withPort(9090)
                        .endPort()
                        .addNewPort()
                        .withName("http")
                        .withPort(8080)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
    }

    @Override
    protected Target target(String transport) {
        return Target.parse("k8s:///" + namespace + "/" + NAME + ":" + transport);
    }

    MockApiServer api() {
        return api;
    }

    String name(int ordinal) {
        return NAME + "-" + ordinal;
    }

    /** The pods that run, by ordinal. */
    EchoServer pod(int ordinal) {
        return pods.get(ordinal);
    }

    /** {@code kubectl scale}: sets the desired number of pods. */
    void replicas(int count) {
        api.kubectl()
                .apps()
                .statefulSets()
                .inNamespace(namespace)
                .resource(new StatefulSetBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .withNewSpec()
                        .withReplicas(count)
                        .withServiceName(NAME)
                        .endSpec()
                        .build())
                .createOr(existing -> existing.update());
    }

    /** The StatefulSet's controller starts the pod of the next ordinal, which is ready at once. */
    void startNext() {
        EchoServer pod = started(pods.size());
        pods.add(pod);
        write(pod, State.READY);
    }

    /** Starts this many pods. */
    void cluster(int count) {
        replicas(count);
        for (int i = 0; i < count; i++) {
            startNext();
        }
    }

    /** The pod is deleted: it terminates, ends, and comes back with another address. */
    void replace(int ordinal) throws InterruptedException {
        EchoServer old = pods.get(ordinal);
        write(old, State.TERMINATING);
        pass(500);
        stop(old);
        delete(old.id());
        pass(200);
        EchoServer fresh = started(ordinal);
        pods.set(ordinal, fresh);
        write(fresh, State.READY);
    }

    /** The pod's process dies; its EndpointSlice is unchanged. */
    void crash(int ordinal) {
        kill(pods.get(ordinal));
    }

    /** A pod that crashed is back with another address. */
    void recover(int ordinal) {
        EchoServer fresh = started(ordinal);
        pods.set(ordinal, fresh);
        write(fresh, State.READY);
    }

    private EchoServer started(int ordinal) {
        return startServer(name(ordinal), Loopback.address(++addresses), 0, 0);
    }

    /** One slice for each pod, since each has its own ports here. */
    private void write(EchoServer pod, State state) {
        EndpointSlice slice = new EndpointSliceBuilder()
                .withNewMetadata()
                .withName(pod.id())
                .addToLabels("kubernetes.io/service-name", NAME)
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withName("grpc")
                .withPort(pod.grpcPort())
                .withProtocol("TCP")
                .endPort()
                .addNewPort()
                .withName("http")
                .withPort(pod.httpPort())
                .withProtocol("TCP")
                .endPort()
                .addNewEndpoint()
                .withAddresses(pod.host())
                .withHostname(pod.id())
                .withNewTargetRef()
                .withKind("Pod")
                .withNamespace(namespace)
                .withName(pod.id())
                .endTargetRef()
                .withNewConditions()
                .withReady(state.ready)
                .withServing(state.serving)
                .withTerminating(state.terminating)
                .endConditions()
                .endEndpoint()
                .build();
        api.kubectl()
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace(namespace)
                .resource(slice)
                .createOr(existing -> existing.update());
    }

    private void delete(String pod) {
        api.kubectl()
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace(namespace)
                .withName(pod)
                .delete();
    }
}
