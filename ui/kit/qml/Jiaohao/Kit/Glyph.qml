import QtQuick
import QtQuick.Shapes

// A line drawing in a 24 by 24 grid. An unknown name draws nothing.
Item {
    id: root

    property string name
    property int size: 24
    property color color: Theme.ink

    readonly property var paths: ({
            "back": "M19 12 H5 M11 6 L5 12 L11 18",
            "forward": "M9 5 L16 12 L9 19",
            "up": "M12 20 V4 M5 11 L12 4 L19 11",
            "down": "M12 4 V20 M5 13 L12 20 L19 13",
            "left": "M20 12 H4 M11 5 L4 12 L11 19",
            "right": "M4 12 H20 M13 5 L20 12 L13 19",
            "check": "M4 12.5 L10 18.5 L20 6.5",
            "cross": "M6 6 L18 18 M18 6 L6 18",
            "info": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 M12 11 V16.5 M12 7.4 V7.6",
            "warn": "M12 3.5 L22 20.5 H2 Z M12 10 V14.5 M12 17.3 V17.5",
            "wait": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 M12 7 V12 L15.5 14.5",
            "card": "M4 5 H20 A2 2 0 0 1 22 7 V17 A2 2 0 0 1 20 19 H4 A2 2 0 0 1 2 17 V7 A2 2 0 0 1 4 5 Z M8.5 8.5 A2 2 0 1 0 8.5 12.5 A2 2 0 1 0 8.5 8.5 M5 16 A3.5 3.5 0 0 1 12 16 M15 10 H19 M15 14 H19",
            "code": "M3 3 H10 V10 H3 Z M14 3 H21 V10 H14 Z M3 14 H10 V21 H3 Z M14 14 H17.5 V17.5 M21 14 V17.5 M14 21 H17.5 M21 20.8 V21",
            "printer": "M7 9 V3 H17 V9 M7 17 H5 A2 2 0 0 1 3 15 V11 A2 2 0 0 1 5 9 H19 A2 2 0 0 1 21 11 V15 A2 2 0 0 1 19 17 H17 M7 14 H17 V21 H7 Z",
            "ticket": "M4 6 H20 V10 A2 2 0 0 0 20 14 V18 H4 V14 A2 2 0 0 0 4 10 Z M14 6.5 V17.5",
            "home": "M3.5 11 L12 4 L20.5 11 M6 9.5 V20 H18 V9.5 M10 20 V14 H14 V20",
            "people": "M9 4.5 A3.5 3.5 0 1 0 9 11.5 A3.5 3.5 0 1 0 9 4.5 M2.5 20 V18.5 A5 5 0 0 1 7.5 14.5 H10.5 A5 5 0 0 1 15.5 18.5 V20 M16 5 A3.3 3.3 0 0 1 16 11.2 M18.2 14.8 A5 5 0 0 1 21.5 18.8 V20",
            "service": "M6 3 H15 L19 7 V21 H6 Z M14.5 3.5 V7.5 H18.5 M9.5 12 H15.5 M9.5 16 H15.5",
            "building": "M4 21 H20 M6 21 V9 M10 21 V9 M14 21 V9 M18 21 V9 M3.5 9 H20.5 L12 3.5 Z",
            "company": "M4 21 V5 H14 V21 M14 10 H20 V21 M2.5 21 H21.5 M7.5 9 H10.5 M7.5 13 H10.5 M7.5 17 H10.5 M17 14 V14.2 M17 17.5 V17.7",
            "family": "M8 4 A2.7 2.7 0 1 0 8 9.4 A2.7 2.7 0 1 0 8 4 M16.5 8 A2.2 2.2 0 1 0 16.5 12.4 A2.2 2.2 0 1 0 16.5 8 M3 20 V17 A5 5 0 0 1 13 17 V20 M13.5 20 V19 M14 15.6 A3.8 3.8 0 0 1 20.5 18 V20",
            "hours": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 M12 7 V12 L15.5 14.5",
            "scan": "M3 8 V4 H7 M17 4 H21 V8 M21 16 V20 H17 M7 20 H3 V16 M5 12 H19",
            "speaker": "M3.5 9.5 H7 L12 5 V19 L7 14.5 H3.5 Z M15.5 9 A4.2 4.2 0 0 1 15.5 15 M18 6.5 A8 8 0 0 1 18 17.5"
        })

    implicitWidth: size
    implicitHeight: size
    width: size
    height: size

    Shape {
        width: 24
        height: 24
        scale: root.size / 24
        transformOrigin: Item.TopLeft

        ShapePath {
            strokeColor: root.color
            strokeWidth: 2
            fillColor: "transparent"
            capStyle: ShapePath.RoundCap
            joinStyle: ShapePath.RoundJoin

            PathSvg {
                path: root.paths[root.name] ?? ""
            }
        }
    }
}
