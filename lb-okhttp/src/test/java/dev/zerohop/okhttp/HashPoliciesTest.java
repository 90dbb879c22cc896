package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeySource;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.picker.Pickers;
import java.util.List;
import okhttp3.Request;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Over OkHttp as in the core: a key has its endpoint, and others while that is gone. */
@Timeout(300)
class HashPoliciesTest {
    private static final int KEYS = 40;

    private static Request get(int key) {
        return new Request.Builder()
                .url("http://orders/")
                .header("user", "user-" + key)
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rendezvous", "ring_hash", "maglev"})
    void aKeyGoesToItsEndpointAndOnWhenThatIsGone(String name) throws Exception {
        PickPolicy policy = Pickers.byName(name);
        KeySource key = new KeySource(KeySource.Place.HEADER, "user", false);
        try (Rig rig = new Rig(TestPolicies.settings(policy, 3, key))) {
            List<TestServer> servers = rig.servers(4);
            Picker picker = policy.newPicker(rig.balancer.current().snapshot(), Env.system());
            String[] owners = new String[KEYS];
            for (int i = 0; i < KEYS; i++) {
                PickContext context = PickContext.of(EndpointSelector.of("user-" + i));
                owners[i] = picker.pick(context).endpoint().id();
                assertThat(rig.text(get(i))).isEqualTo(owners[i]);
            }
            TestServer gone = servers.get(1);
            assertThat(owners).contains("s0", "s1", "s2", "s3");
            gone.close();
            for (int i = 0; i < KEYS; i++) {
                PickContext context = PickContext.of(EndpointSelector.of("user-" + i));
                String expected = owners[i].equals("s1")
                        ? picker.pick(context.avoiding(gone.endpoint()))
                                .endpoint()
                                .id()
                        : owners[i];
                assertThat(rig.text(get(i))).isEqualTo(expected);
            }
        }
    }
}
