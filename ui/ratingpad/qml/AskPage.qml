import QtQuick
import Jiaohao.Kit

// The question: five levels side by side, all alike, and a way not to answer.
Item {
    id: root

    required property var view
    required property var starWords

    signal rated(int stars)
    signal skipped

    Column {
        id: head
        width: parent.width
        spacing: Math.round(Theme.gap * 0.4)

        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: Texts.of("ratingpad.ask")
            strong: true
            font.pixelSize: Theme.textTitle
        }

        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: [root.view.number, root.view.counter, root.view.clerk].filter(part => part !== "").join("  ·  ")
            color: Theme.inkSoft
        }
    }

    StarRow {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: head.bottom
        anchors.topMargin: Theme.space
        anchors.bottom: foot.top
        anchors.bottomMargin: Theme.space
        words: root.starWords
        chosen: root.view.chosenStars
        onRated: stars => root.rated(stars)
    }

    Item {
        id: foot
        anchors.bottom: parent.bottom
        width: parent.width
        height: skip.height

        Label {
            anchors.left: parent.left
            anchors.right: skip.left
            anchors.rightMargin: Theme.gap
            anchors.verticalCenter: parent.verticalCenter
            text: Texts.of("ratingpad.voluntary")
            color: Theme.inkSoft
        }

        BigButton {
            id: skip
            objectName: "skip"
            anchors.right: parent.right
            kind: "quiet"
            text: Texts.of("ratingpad.skip")
            onTapped: root.skipped()
        }
    }
}
