package dev.meshctl.cli.install.kubernetes.values;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One setting, or a group of them: what it is for, its default and its bounds. Defaults are written as YAML; the
 * default of a group overrides the defaults inside it.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {
    /** Stands for "as in the profile default". */
    String SAME = "<same>";

    /** What it is for; with the unit, and what its empty value means. */
    String doc();

    String is() default "";

    /** The default in profile minimal. */
    String minimal() default SAME;

    /** The default in profile ha. */
    String ha() default SAME;

    /** Least whole number, or least duration in seconds. */
    long min() default 0;

    /** Largest whole number, or largest duration in seconds. */
    long max() default Integer.MAX_VALUE;

    /** What text there may be: of the setting itself, of each item of a list, of each value of a map. */
    Format format() default Format.TEXT;
}
