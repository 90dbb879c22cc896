package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import dev.zerohop.Balancer;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kotlin.Unit;
import okhttp3.OkHttpClient;
import okio.Buffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;

/** What an application finds that has another OkHttp on its class path: real jars, each set in a class loader of its own. */
class OtherVersionsTest {
    private static final Path JARS = Path.of("target", "other-okhttp");

    /** Retrofit, listed before zerohop, brings 3.14 or 4.12, with the right one behind it or, if that is excluded, alone. */
    @ParameterizedTest
    @CsvSource({
        "3.14.9, okhttp-3.14.9.jar, okio-1.17.2.jar, false",
        "3.14.9, okhttp-3.14.9.jar, okio-1.17.2.jar, true",
        "4.12.0, okhttp-4.12.0.jar, okio-jvm-3.6.0.jar, false",
        "4.12.0, okhttp-4.12.0.jar, okio-jvm-3.6.0.jar, true",
        "5.3.2, okhttp-jvm-5.3.2.jar, , true"
    })
    void anOkHttpThatIsTooOldIsNamedWithWhereItCameFromAndHowToGetAnother(
            String version, String okHttp, @Nullable String okio, boolean right) throws Exception {
        List<URL> first = new ArrayList<>();
        first.add(JARS.resolve(okHttp).toUri().toURL());
        if (okio != null) {
            first.add(JARS.resolve(okio).toUri().toURL());
        }
        try (URLClassLoader application = application(first, right)) {
            assertThatThrownBy(() -> call(application, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("OkHttp " + version)
                    .hasMessageContaining(okHttp)
                    .hasMessageContaining("5.4 or later")
                    .hasMessageContaining("<artifactId>okhttp-bom</artifactId><version>" + okhttp3.OkHttp.VERSION
                            + "</version><type>pom</type><scope>import</scope>");
        }
    }

    @Test
    void theOldestThatIsPromisedWorks() throws Exception {
        List<URL> first = List.of(JARS.resolve("okhttp-jvm-5.4.0.jar").toUri().toURL());
        try (TestServer server = new TestServer("a");
                URLClassLoader application = application(first, false)) {
            assertThat(call(application, server.port())).isEqualTo("a a with OkHttp 5.4.0");
            assertThat(server.log).extracting(request -> request.getMethod()).containsExactly("GET", "POST");
        }
    }

    private static Object call(ClassLoader application, int port) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(application);
        try {
            return application
                    .loadClass(OtherVersionsCall.class.getName())
                    .getMethod("run", int.class)
                    .invoke(null, port);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw thrown;
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URLClassLoader application(List<URL> first, boolean right) {
        List<URL> urls = new ArrayList<>(first);
        List<Class<?>> needed = new ArrayList<>(List.of(
                OtherVersionsCall.class,
                ZerohopOkHttp.class,
                Balancer.class,
                JsonFactory.class,
                Nullable.class,
                Logger.class,
                Unit.class));
        if (right) {
            needed.add(OkHttpClient.class);
        }
        // Of okio the newest is always there: it is the rest of OkHttp's own dependencies.
        needed.add(Buffer.class);
        for (Class<?> type : needed) {
            urls.add(type.getProtectionDomain().getCodeSource().getLocation());
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }
}
