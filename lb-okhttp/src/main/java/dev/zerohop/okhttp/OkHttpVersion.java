package dev.zerohop.okhttp;

import java.lang.reflect.Method;
import java.net.URL;
import java.security.CodeSource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Interceptor;
import org.jspecify.annotations.Nullable;

/**
 * Whether the OkHttp that the application really runs with is new enough. Others bring old ones (Retrofit 3.14 and 4.12), and the first on the class path
 * wins. Refers to nothing that an old OkHttp lacks, and is asked before anything that does is loaded.
 */
final class OkHttpVersion {
    private static final String NEEDED = "5.4";

    /** The version that this is built and tested with; a test holds it to that. */
    private static final String KNOWN_TO_WORK = "5.5.1";

    private static final Pattern IN_FILE_NAME = Pattern.compile("okhttp(?:-jvm|-android)?-(\\d[\\w.-]*?)\\.jar");

    private OkHttpVersion() {}

    /**
     * Does nothing if the loaded OkHttp lets interceptors override the client's parts.
     *
     * @throws IllegalStateException if it does not; the message names it, where it came from, and how to get another
     */
    static void require() {
        // What it can do, not what OkHttp.VERSION says: with two jars side by side that class may be the other one's.
        for (Method method : Interceptor.Chain.class.getMethods()) {
            if (method.getName().equals("withDns")) {
                return;
            }
        }
        URL location = location(Interceptor.Chain.class);
        throw new IllegalStateException(
                "zerohop needs OkHttp " + NEEDED + " or later, but the first on the class path is "
                        + version(location) + (location == null ? "" : " in " + location)
                        + ", which another dependency brings; add to dependencyManagement: <dependency><groupId>com.squareup.okhttp3"
                        + "</groupId><artifactId>okhttp-bom</artifactId><version>" + KNOWN_TO_WORK
                        + "</version><type>pom</type><scope>import</scope></dependency>");
    }

    /** The version of what was loaded from here: as its own classes say, else as the file is called. */
    private static String version(@Nullable URL location) {
        String version = constant("okhttp3.OkHttp", location);
        if (version == null) {
            version = userAgent(location);
        }
        if (version == null && location != null) {
            Matcher name = IN_FILE_NAME.matcher(location.toString());
            while (name.find()) {
                version = name.group(1);
            }
        }
        return version == null ? "an older OkHttp" : "OkHttp " + version;
    }

    /** From 4.0 on. */
    private static @Nullable String constant(String type, @Nullable URL location) {
        try {
            Class<?> known = beside(type, location);
            return known == null ? null : (String) known.getField("VERSION").get(null);
        } catch (ReflectiveOperationException | ClassCastException | LinkageError absent) {
            return null;
        }
    }

    /** Up to 3.14: {@code okhttp/3.14.9}. */
    private static @Nullable String userAgent(@Nullable URL location) {
        try {
            Class<?> known = beside("okhttp3.internal.Version", location);
            String text =
                    known == null ? null : (String) known.getMethod("userAgent").invoke(null);
            return text == null ? null : text.substring(text.indexOf('/') + 1);
        } catch (ReflectiveOperationException | ClassCastException | LinkageError absent) {
            return null;
        }
    }

    /** The class, if it came from the same place. */
    private static @Nullable Class<?> beside(String type, @Nullable URL location) throws ClassNotFoundException {
        Class<?> found = Class.forName(type, true, Interceptor.Chain.class.getClassLoader());
        URL its = location(found);
        boolean same = location == null
                ? its == null
                : its != null && location.toString().equals(its.toString());
        return same ? found : null;
    }

    private static @Nullable URL location(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null ? null : source.getLocation();
    }
}
