import QtQuick
import QtQuick.Shapes

// One five-pointed star with rounded corners, filled or empty.
Item {
    id: root

    property int size: Theme.touch
    property bool filled: false

    implicitWidth: size
    implicitHeight: size

    Shape {
        width: 24
        height: 24
        scale: root.size / 24
        transformOrigin: Item.TopLeft

        ShapePath {
            strokeColor: root.filled ? Theme.star : Theme.starEmpty
            strokeWidth: 1.3
            fillColor: root.filled ? Theme.star : "transparent"
            joinStyle: ShapePath.RoundJoin

            PathSvg {
                path: "M12 2.2 L14.94 8.56 L21.89 9.39 L16.76 14.15 L18.11 21.01 L12 17.6 L5.89 21.01 L7.24 14.15 L2.11 9.39 L9.06 8.56 Z"
            }
        }
    }
}
