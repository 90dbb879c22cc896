package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the real client takes in of answers and events that hold more than is of use. */
class ObjectTransformTest {
    private static final String POD = """
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "orders-0", "namespace": "shop", "uid": "u", "resourceVersion": "7",
               "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "2026-01-02T00:00:00Z",
               "labels": {"topology.kubernetes.io/zone": "a", "app": "orders"}, "annotations": {"note": "long"},
               "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "orders", "uid": "o",
                 "controller": true}],
               "managedFields": [{"manager": "kubelet"}], "finalizers": ["f"]},
             "spec": {"nodeName": "n1", "serviceAccountName": "s", "volumes": [{"name": "v"}],
               "containers": [{"name": "c", "image": "orders:1", "env": [{"name": "LONG", "value": "long"}],
                 "ports": [{"name": "grpc", "containerPort": 8080}], "unknownToAll": "long"}],
               "initContainers": [{"name": "i"}]},
             "status": {"podIP": "10.0.0.1", "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
               "containerStatuses": [{"name": "c", "imageID": "long"}]}}
            """;

    private static final String KEPT_POD = """
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "orders-0", "namespace": "shop", "uid": "u", "resourceVersion": "7",
               "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "2026-01-02T00:00:00Z",
               "labels": {"topology.kubernetes.io/zone": "a"},
               "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "orders", "uid": "o",
                 "controller": true}]},
             "spec": {"nodeName": "n1",
               "containers": [{"name": "c", "image": "orders:1", "ports": [{"name": "grpc", "containerPort": 8080}]}]},
             "status": {"podIP": "10.0.0.1", "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
            """;

    private static final String SET = """
            {"apiVersion": "apps/v1", "kind": "StatefulSet",
             "metadata": {"name": "orders", "namespace": "shop", "uid": "u", "resourceVersion": "7",
               "annotations": {"zerohop.dev/shards": "{}", "kubectl.kubernetes.io/last-applied-configuration": "long"}},
             "spec": {"replicas": 3, "serviceName": "orders", "ordinals": {"start": 1},
               "template": {"spec": {"nodeName": "long"}}, "volumeClaimTemplates": [{"kind": "PersistentVolumeClaim"}]},
             "status": {"replicas": 3}}
            """;

    private static final String KEPT_SET = """
            {"apiVersion": "apps/v1", "kind": "StatefulSet",
             "metadata": {"name": "orders", "namespace": "shop", "uid": "u", "resourceVersion": "7",
               "annotations": {"zerohop.dev/shards": "{}"}},
             "spec": {"replicas": 3, "serviceName": "orders", "ordinals": {"start": 1}}, "status": {"replicas": 3}}
            """;

    private ScriptedApi api;
    private HttpApiServer server;

    @AfterEach
    void close() throws IOException {
        server.close();
        api.close();
    }

    private HttpApiServer serverThat(ScriptedApi.Script script) throws IOException {
        api = new ScriptedApi(script);
        server = new HttpApiServer(
                KubernetesOptions.builder().apiServer(api.uri()).build());
        return server;
    }

    private static String list(String item) {
        return "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"metadata\": {\"resourceVersion\": \"9\"}, \"items\": ["
                + item + "]}";
    }

    private <T extends HasMetadata> T listed(Selection<T> what, String item) throws Exception {
        return serverThat((request, to) -> to.json(200, list(item)))
                .list(what, null)
                .get(1, TimeUnit.MINUTES)
                .values()
                .values()
                .iterator()
                .next();
    }

    @Test
    void ofAPodWhatIsReadIsKept() throws Exception {
        assertThat(listed(Selection.pods("shop", null), POD)).isEqualTo(Serialization.unmarshal(KEPT_POD, Pod.class));
    }

    @Test
    void ofAStatefulSetWhatIsReadIsKept() throws Exception {
        assertThat(listed(Selection.statefulSets("shop", List.of()).get(0), SET))
                .isEqualTo(Serialization.unmarshal(KEPT_SET, StatefulSet.class));
    }

    @Test
    void ofAnEventWhatIsReadIsKept() throws Exception {
        serverThat((request, to) -> {
            to.upgrade();
            to.text("{\"type\": \"ADDED\", \"object\": " + POD + "}");
        });
        CompletableFuture<Pod> put = new CompletableFuture<>();
        Cancellable watch = server.watch(
                Selection.pods("shop", null), "5", Duration.ofMinutes(5), new ListWatch.Watcher<Pod, String>() {
                    @Override
                    public void onOpen() {}

                    @Override
                    public void onChanges(@Nullable String upTo, List<ListWatch.Change<Pod, String>> changes) {
                        put.complete(changes.get(0).value());
                    }

                    @Override
                    public void onBookmark(String version) {}

                    @Override
                    public void onEnd(@Nullable SourceFailure cause) {
                        put.completeExceptionally(new IOException(cause));
                    }
                });
        assertThat(put.get(1, TimeUnit.MINUTES)).isEqualTo(Serialization.unmarshal(KEPT_POD, Pod.class));
        watch.cancel();
    }

    /** The server has a gigabyte to say; the client leaves long before. */
    @Test
    void anAnswerThatIsTooLongIsNotReadToItsEnd() throws Exception {
        CompletableFuture<Long> said = new CompletableFuture<>();
        serverThat((request, to) -> said.complete(to.spaces(1L << 30)));
        assertThatThrownBy(() -> server.list(Selection.pods("shop", null), null).get(1, TimeUnit.MINUTES))
                .hasRootCauseMessage("its answer is longer than 67108864 bytes, expected at most so many")
                .hasMessageContaining("the request to list pods in namespace shop");
        assertThat(said.get(1, TimeUnit.MINUTES)).isBetween(64L << 20, 512L << 20);
    }
}
