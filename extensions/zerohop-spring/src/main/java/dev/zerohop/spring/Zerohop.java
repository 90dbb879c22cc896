package dev.zerohop.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Names a service of {@code zerohop.services} where a client is injected: {@code @Zerohop("orders") RestClient.Builder}, and likewise a {@code ClientHttpRequestFactory} and an
 * {@code OkHttpClient}. A client without it is as if zerohop were not there.
 */
@Qualifier
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE, ElementType.ANNOTATION_TYPE})
public @interface Zerohop {

    /** The name of the service. */
    String value();
}
