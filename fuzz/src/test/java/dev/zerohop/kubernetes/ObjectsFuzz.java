package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.Target;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Watch events of the Kubernetes API, up to the endpoints and shards that they make. */
public final class ObjectsFuzz {
    private static final List<String> KINDS = List.of("slices", "pods", "service", "statefulset");
    private static final ServiceTarget BY_NAME = ServiceTarget.parse(Target.parse("k8s:///shop/orders:http"));
    private static final ServiceTarget BY_NUMBER = ServiceTarget.parse(Target.parse("k8s:///shop/orders:80"));
    private static final PodsTarget PODS =
            PodsTarget.parse(Target.parse("k8s-pods:///shop?label=app%3Dorders&image=orders&port=http"));

    private static final WebSocket SOCKET = (WebSocket) Proxy.newProxyInstance(
            ObjectsFuzz.class.getClassLoader(),
            new Class<?>[] {WebSocket.class},
            (proxy, method, arguments) -> method.getReturnType() == boolean.class ? Boolean.TRUE : null);

    private static final HttpClient NONE = (HttpClient) Proxy.newProxyInstance(
            ObjectsFuzz.class.getClassLoader(), new Class<?>[] {HttpClient.class}, (proxy, method, arguments) -> null);

    private static final HttpApiServer.Connection LINK =
            new HttpApiServer.Connection("https://10.0.0.1:6443", NONE, new KubernetesSerialization());

    private ObjectsFuzz() {}

    /** A kind on the first line, and behind it one event on each. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = Input.of(data);
        String[] events = input.rest().text().split("\n");
        try {
            read(input.word(KINDS), events);
        } catch (RuntimeException unreadable) {
            // Of an object that is none by the API's own rules, such as a list with a null in it: the step is given up,
            // and what was known before it stays in force.
        }
    }

    private static void read(String kind, String[] events) {
        switch (kind) {
            case "slices" -> slices(followed(Selection.endpointSlices("shop", "orders"), events), null);
            case "pods" -> pods(followed(Selection.pods("shop", "app=orders"), events));
            case "service" ->
                followed(Selection.service("shop", "orders"), events).forEach(ObjectsFuzz::service);
            default ->
                followed(Selection.statefulSets("shop", List.of("orders")).get(0), events)
                        .forEach(ObjectsFuzz::statefulSet);
        }
    }

    private static <T extends HasMetadata> Collection<T> followed(Selection<T> what, String[] events) {
        TreeMap<String, T> copy = new TreeMap<>();
        WatchStream<T> stream = new WatchStream<>(LINK, what, new ListWatch.Watcher<T, String>() {
            @Override
            public void onOpen() {}

            @Override
            public void onChanges(@Nullable String upTo, List<ListWatch.Change<T, String>> changes) {
                for (ListWatch.Change<T, String> change : changes) {
                    if (change.deleted()) {
                        copy.remove(change.key());
                    } else {
                        copy.put(change.key(), change.value());
                    }
                }
            }

            @Override
            public void onBookmark(String upTo) {}

            @Override
            public void onEnd(@Nullable SourceFailure cause) {
                if (cause != null) {
                    Said.by(cause);
                }
            }
        });
        stream.onOpen(SOCKET);
        for (String event : events) {
            stream.onMessage(SOCKET, event);
        }
        return copy.values();
    }

    private static void slices(Collection<EndpointSlice> slices, @Nullable Service service) {
        for (ServiceTarget target : List.of(BY_NAME, BY_NUMBER)) {
            SliceView.Content content = SliceView.read(target, slices, service);
            leftOut(content.rejections());
            content.endpoints().forEach(ObjectsFuzz::endpoint);
        }
    }

    private static void pods(Collection<Pod> pods) {
        PodView.Content content = PodView.read(PODS, pods, node -> null);
        content.endpoints().forEach(ObjectsFuzz::endpoint);
        leftOut(content.rejections());
    }

    private static void leftOut(List<String> rejections) {
        rejections.stream().map(Printable::text).forEach(Said::shown);
    }

    private static void endpoint(Endpoint endpoint) {
        Said.shown(endpoint.toString());
    }

    private static void service(Service service) {
        slices(List.of(), service);
    }

    private static void statefulSet(StatefulSet set) {
        StatefulSetView numbered = StatefulSetView.of(set);
        if (numbered.wanted().contains(-1) || numbered.existing().contains(-1)) {
            throw new AssertionError("an ordinal below 0 in " + numbered);
        }
        int ordinal = numbered.ordinal("orders-1");
        if (ordinal < Endpoint.NO_ORDINAL) {
            throw new AssertionError("ordinal " + ordinal + " in " + numbered);
        }
    }
}
