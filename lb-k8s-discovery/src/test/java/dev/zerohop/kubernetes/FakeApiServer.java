package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An API server that answers on the caller's thread, and fails as a test says. Selects by name, namespace and one label, as the real one does. */
final class FakeApiServer implements ApiServer {
    final List<FakeWatch<?>> watches = new ArrayList<>();
    final List<String> lists = new ArrayList<>();

    /** What lists end with, or null. */
    @Nullable
    SourceFailure listFailure;

    /** What the handshakes of watches end with, or null. */
    @Nullable
    SourceFailure handshakeFailure;

    /** Whether anything is answered at all. */
    boolean answers = true;

    /** Whether the handshakes of watches are. */
    boolean opens = true;

    /** The type that may not be listed, or null. */
    @Nullable
    Class<?> deniedType;

    /** The type whose lists get no answer, or null. */
    @Nullable
    Class<?> unreachableType;

    int pageSize = Integer.MAX_VALUE;

    /** Whether every page is empty and says that another one follows. */
    boolean emptyPages;

    long version = 1;
    private final Map<String, HasMetadata> objects = new LinkedHashMap<>();

    /** A watch as the server sees it. */
    static final class FakeWatch<T extends HasMetadata> {
        final Selection<T> what;
        final String fromVersion;
        final Duration life;
        final ListWatch.Watcher<T, String> watcher;
        boolean cancelled;

        FakeWatch(Selection<T> what, String fromVersion, Duration life, ListWatch.Watcher<T, String> watcher) {
            this.what = what;
            this.fromVersion = fromVersion;
            this.life = life;
            this.watcher = watcher;
        }

        void put(HasMetadata object) {
            if (!cancelled && selects(what, object)) {
                change(object, false);
            }
        }

        private void change(HasMetadata object, boolean deleted) {
            String upTo = object.getMetadata().getResourceVersion();
            watcher.onChanges(
                    upTo,
                    List.of(new ListWatch.Change<>(
                            object.getMetadata().getName(), what.kind().type().cast(object), deleted, upTo)));
        }

        void delete(HasMetadata object) {
            if (!cancelled && selects(what, object)) {
                change(object, true);
            }
        }
    }

    static SourceFailure unreachable() {
        return new SourceFailure(SourceFailure.Kind.UNREACHABLE, "the Kubernetes API cannot be read: refused");
    }

    static SourceFailure expired() {
        return new SourceFailure(SourceFailure.Kind.EXPIRED, "the Kubernetes API answered 410");
    }

    static SourceFailure denied() {
        return new SourceFailure(SourceFailure.Kind.DENIED, "the Kubernetes API answered 403");
    }

    /** Creates or replaces an object, with the next version; watches are told. */
    void put(HasMetadata object) {
        losePut(object);
        for (FakeWatch<?> watch : List.copyOf(watches)) {
            watch.put(object);
        }
    }

    /** Creates or replaces an object that no watch is told of. */
    void losePut(HasMetadata object) {
        version++;
        object.getMetadata().setResourceVersion(Long.toString(version));
        objects.put(key(object), object);
    }

    /** Deletes an object; watches are told. */
    void delete(HasMetadata object) {
        loseDelete(object);
        for (FakeWatch<?> watch : List.copyOf(watches)) {
            watch.delete(object);
        }
    }

    /** Deletes an object; no watch is told. */
    void loseDelete(HasMetadata object) {
        version++;
        object.getMetadata().setResourceVersion(Long.toString(version));
        objects.remove(key(object));
    }

    FakeWatch<?> lastWatch() {
        return watches.get(watches.size() - 1);
    }

    private static String key(HasMetadata object) {
        return object.getKind() + "/" + object.getMetadata().getNamespace() + "/"
                + object.getMetadata().getName();
    }

    private static boolean selects(Selection<?> what, HasMetadata object) {
        if (!what.kind().type().isInstance(object)) {
            return false;
        }
        String namespace = object.getMetadata().getNamespace();
        if (namespace != null && !what.path().contains("/namespaces/" + namespace + "/")) {
            return false;
        }
        String name = what.name();
        if (name != null && !name.equals(object.getMetadata().getName())) {
            return false;
        }
        String labels = what.labels();
        if (labels == null) {
            return true;
        }
        Map<String, String> given = object.getMetadata().getLabels();
        int equals = labels.indexOf('=');
        return given != null && labels.substring(equals + 1).equals(given.get(labels.substring(0, equals)));
    }

    @Override
    public <T extends HasMetadata> CompletableFuture<ListWatch.Page<T, String>> list(
            Selection<T> what, @Nullable String continueAt) {
        lists.add(what + (continueAt == null ? "" : " from " + continueAt));
        if (!answers) {
            return new CompletableFuture<>();
        }
        if (listFailure != null) {
            return CompletableFuture.failedFuture(listFailure);
        }
        if (deniedType == what.kind().type()) {
            return CompletableFuture.failedFuture(denied());
        }
        if (unreachableType == what.kind().type()) {
            return CompletableFuture.failedFuture(unreachable());
        }
        if (emptyPages) {
            return CompletableFuture.completedFuture(new ListWatch.Page<>(Long.toString(version), Map.of(), "more"));
        }
        List<T> all = new ArrayList<>();
        for (HasMetadata object : objects.values()) {
            if (selects(what, object)) {
                all.add(what.kind().type().cast(object));
            }
        }
        int from = continueAt == null ? 0 : Integer.parseInt(continueAt);
        int to = (int) Math.min(all.size(), (long) from + pageSize);
        return CompletableFuture.completedFuture(new ListWatch.Page<>(
                Long.toString(version),
                HttpApiServer.byName(all.subList(from, to)),
                to < all.size() ? Integer.toString(to) : null));
    }

    @Override
    public <T extends HasMetadata> Cancellable watch(
            Selection<T> what, String fromVersion, Duration life, ListWatch.Watcher<T, String> watcher) {
        FakeWatch<T> watch = new FakeWatch<>(what, fromVersion, life, watcher);
        watches.add(watch);
        if (!answers || !opens) {
            return () -> watch.cancelled = true;
        }
        if (handshakeFailure != null) {
            watcher.onEnd(handshakeFailure);
        } else {
            watcher.onOpen();
        }
        return () -> watch.cancelled = true;
    }

    @Override
    public String toString() {
        return "the fake Kubernetes API";
    }

    @Override
    public void close() {}
}
