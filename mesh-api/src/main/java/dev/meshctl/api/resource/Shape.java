package dev.meshctl.api.resource;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How one record class of this package looks in text: a field for each component, in their order. */
final class Shape {
    private static final ClassValue<Shape> SHAPES = new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
            return new Shape(type);
        }
    };

    /** One field. */
    record Field(String name, Type type, @Nullable String whenMissing, boolean written, MethodHandle accessor) {}

    private final MethodHandle constructor;
    private final List<Field> fields = new ArrayList<>();

    private Shape(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            constructor = lookup.unreflectConstructor(type.getDeclaredConstructor(types));
            for (RecordComponent component : components) {
                Default missing = component.getAnnotation(Default.class);
                fields.add(new Field(component.getName(), component.getGenericType(),
                        missing == null ? null : missing.value(), missing != null && missing.written(), lookup.unreflect(component.getAccessor())));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " is no record of this package", e);
        }
    }

    static Shape of(Class<?> type) {
        return SHAPES.get(type);
    }

    List<Field> fields() {
        return fields;
    }

    /** @throws IllegalArgumentException if the record's own rules refuse the values */
    Object create(List<Object> values) {
        return call(constructor, values);
    }

    static Object get(Field field, Object instance) {
        return call(field.accessor, List.of(instance));
    }

    private static Object call(MethodHandle handle, List<Object> arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
