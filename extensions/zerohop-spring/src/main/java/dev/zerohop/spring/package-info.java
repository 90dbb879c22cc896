/**
 * zerohop in a Spring Boot application: services are properties, and clients name them. Applications take {@code zerohop-spring-boot-starter} (Boot 4) or {@code
 * zerohop-spring-boot3-starter} (Boot 3.5), which bring this; the guide is {@code docs/spring-boot.md}.
 */
@NullMarked
package dev.zerohop.spring;

import org.jspecify.annotations.NullMarked;
