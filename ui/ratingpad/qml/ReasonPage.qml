import QtQuick
import Jiaohao.Kit

// A rating of one or two stars names a reason: the usual ones first, the further ones behind.
Item {
    id: root

    required property var view
    required property var starWords

    signal toggled(string code)
    signal more
    signal back
    signal sent

    Row {
        id: head
        width: parent.width
        spacing: Theme.space

        Label {
            id: title
            text: Texts.of("ratingpad.why")
            strong: true
            wrapMode: Text.NoWrap
            font.pixelSize: Theme.textTitle
        }

        Label {
            anchors.baseline: title.baseline
            width: head.width - title.width - head.spacing
            text: root.view.notice !== "" ? root.view.notice : Texts.of("ratingpad.at_least_one")
            color: Theme.inkSoft
        }
    }

    ReasonGrid {
        anchors.top: head.bottom
        anchors.topMargin: Theme.gap
        width: parent.width
        columns: root.view.reasons.length > 3 ? 2 : 1
        reasons: root.view.reasons
        onToggled: code => root.toggled(code)
    }

    BigButton {
        id: again
        objectName: "back"
        anchors.left: parent.left
        anchors.bottom: parent.bottom
        kind: "quiet"
        glyph: "back"
        text: root.starWords[root.view.chosenStars - 1] ?? ""
        onTapped: root.back()
    }

    BigButton {
        objectName: "more"
        anchors.left: again.right
        anchors.leftMargin: Theme.gap
        anchors.bottom: parent.bottom
        visible: root.view.hasMore
        kind: "plain"
        text: Texts.of(root.view.isExpanded ? "ratingpad.fewer" : "ratingpad.more")
        onTapped: root.more()
    }

    BigButton {
        objectName: "send"
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        enabled: root.view.maySend
        text: Texts.of("ratingpad.send")
        onTapped: root.sent()
    }
}
