package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** The contract of resolvers over one of an application's own, and what the support class adds. */
class AbstractResolverTest extends ResolverContract {

    /** What an application writes. */
    private static final class Own extends AbstractResolver {
        private final List<Endpoint> endpoints;
        private int closed;

        Own(List<Endpoint> endpoints, Env env) {
            super("own", env);
            this.endpoints = endpoints;
        }

        @Override
        protected void onStart() {
            answer(endpoints);
        }

        @Override
        protected void onClose() {
            closed++;
        }
    }

    private final ResolutionRecorder recorder = new ResolutionRecorder();

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        return new Own(endpoints, env);
    }

    @Test
    void anErrorInTheSameWordsIsSaidOnceAndTheSameEndpointsOnlyVouchedFor() {
        Own own = new Own(someEndpoints(), env);
        own.start(recorder);
        own.fail(new IOException("down"));
        own.fail(new IOException("down"));
        own.fail(new IOException("403"));
        assertThat(recorder.errors).hasSize(2);
        own.answer(someEndpoints());
        time.advance(Duration.ofSeconds(5));
        own.answer(someEndpoints());
        assertThat(recorder.sets).as("the first, and the end of the error").hasSize(2);
        assertThat(recorder.confirmations).containsExactly(time.now());
        assertThat(recorder.calls()).isEqualTo(5);
    }

    @Test
    void aSourceThatCannotBeFollowedIsOneThatCannotBeAsked() {
        AbstractResolver broken = new AbstractResolver("broken", env) {
            @Override
            protected void onStart() {
                throw new NoClassDefFoundError("Client");
            }

            @Override
            protected void onClose() {}
        };
        broken.start(recorder);
        assertThat(recorder.errors).singleElement().hasToString("java.lang.NoClassDefFoundError: Client");
    }

    @Test
    void aListenerThatThrowsKeepsTheSourceFromNothing() {
        Own own = new Own(someEndpoints(), env);
        own.answer(List.of());
        own.start(now -> {
            throw new IllegalStateException("broken");
        });
        assertThat(own.current().endpoints().endpoints()).as("onStart ran").hasSize(3);
        List<String> steps = new ArrayList<>();
        own.run(() -> {
            own.publish(own.current().failed(new IOException("down")));
            steps.add("after");
        });
        assertThat(steps).as("what the task does after it has published").containsExactly("after");
    }

    @Test
    void tasksRunOnOtherThreadsOneAfterAnotherAndNoneAfterTheEnd() {
        List<Runnable> threads = new ArrayList<>();
        FakeTime own = new FakeTime();
        Own resolver = new Own(someEndpoints(), new Env(own, own.env().dice(), threads::add));
        resolver.start(recorder);
        assertThat(recorder.calls()).as("nothing on the caller's thread").isZero();
        resolver.fail(new IOException("down"));
        assertThat(threads).as("one drains the queue").hasSize(1);
        resolver.close();
        threads.remove(0).run();
        assertThat(recorder.calls()).isZero();
        assertThat(resolver.closed).isEqualTo(1);
        resolver.close();
        assertThat(resolver.closed).isEqualTo(1);
    }

    @Test
    void aTaskThatClosesItPublishesNothingAfterwards() {
        Own own = new Own(List.of(), env);
        own.start(recorder);
        int before = recorder.calls();
        own.run(() -> {
            own.close();
            own.publish(own.current().failed(new IOException("down")));
        });
        assertThat(recorder.calls()).isEqualTo(before);
        assertThat(own.closed).isEqualTo(1);
    }

    @Test
    void whatItHoldsIsLetGoOfAlsoWhenItsThreadsAreGone() {
        Own own = new Own(List.of(), new Env(time, env.dice(), task -> {
            throw new RejectedExecutionException("ended");
        }));
        own.close();
        assertThat(own.closed).isEqualTo(1);
    }

    @Test
    void aSourceOfAResolverThatThrowsIsAnError() {
        Resolver stillborn = new Resolver() {
            @Override
            public void start(Listener listener) {
                throw new NoClassDefFoundError("Client");
            }

            @Override
            public void close() {
                throw new IllegalStateException("not open");
            }

            @Override
            public String toString() {
                return "stillborn";
            }
        };
        Resolver over = Resolvers.fallback(List.of(stillborn), env);
        over.start(recorder);
        assertThat(recorder.errors).singleElement().asString().contains("stillborn did not start");
        over.close();
    }

    @Test
    void startingNeedsAListener() {
        Own own = new Own(List.of(), env);
        assertThatThrownBy(() -> own.start(null)).hasMessage("listener");
        own.start(recorder);
        assertThat(own.current()).isNotSameAs(Resolution.NONE);
    }
}
