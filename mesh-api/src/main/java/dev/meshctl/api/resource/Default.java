package dev.meshctl.api.resource;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a field has when the text leaves it out. {@code "{}"} is an object with all its own defaults. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Default {
    String value();

    /** True if it is written though it is empty, since others who read the text take something else where it is missing. */
    boolean written() default false;
}
