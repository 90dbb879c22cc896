package dev.zerohop.kubernetes;

import dev.zerohop.testing.ListWatchContract;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.WatchPolicy;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import org.jspecify.annotations.Nullable;

class SelectionWatchContractTest extends ListWatchContract<EndpointSlice, String> {
    private final FakeApiServer server = new FakeApiServer();

    private final Store store = new Store() {
        @Override
        public void put(String key) {
            server.put(Slices.slice(key));
        }

        @Override
        public void putUnseen(String key) {
            server.losePut(Slices.slice(key));
        }

        @Override
        public void delete(String key) {
            server.delete(Slices.slice(key));
        }

        @Override
        public void deleteUnseen(String key) {
            server.loseDelete(Slices.slice(key));
        }

        @Override
        public void failWith(@Nullable SourceFailure failure) {
            server.listFailure = failure;
            server.handshakeFailure = failure;
        }

        @Override
        public void answers(boolean answers) {
            server.answers = answers;
        }

        @Override
        public void endWatch(SourceFailure failure) {
            server.lastWatch().watcher.onEnd(failure);
        }

        @Override
        public Runnable lateChange() {
            FakeApiServer.FakeWatch<?> watch = server.lastWatch();
            EndpointSlice late = Slices.slice("late");
            late.getMetadata().setResourceVersion("900");
            return () -> {
                watch.cancelled = false;
                watch.put(late);
                watch.cancelled = true;
            };
        }

        @Override
        public int watches() {
            return (int)
                    server.watches.stream().filter(watch -> !watch.cancelled).count();
        }

        @Override
        public int lists() {
            return server.lists.size();
        }
    };

    @Override
    protected Store store() {
        return store;
    }

    @Override
    protected ListWatch<EndpointSlice, String> source() {
        return new SelectionWatch<>(server, Selection.endpointSlices("shop", "orders"));
    }

    @Override
    protected WatchPolicy policy() {
        return SelectionWatch.POLICY;
    }
}
